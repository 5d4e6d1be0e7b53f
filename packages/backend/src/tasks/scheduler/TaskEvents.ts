import { type Result } from 'neverthrow';
import { type TaskName } from '../domain/TaskEnd';
import { type TaskEvent, type TaskWaitOptions } from '../domain/TaskHandle';
import { type TaskResultError } from '../domain/TaskResultError';
import { type TaskSighting, toTaskEvents } from '../domain/TaskSighting';
import { type TaskLog } from '../queue/TaskLog';
import { type HandlePort } from './HandlePort';
import { type TaskLooks } from './TaskLooks';

interface TaskEventsOptions {
  readonly task: TaskName;
  /** How long the task is looked at, or why it is not. */
  readonly wait: Result<Required<TaskWaitOptions>, TaskResultError>;
  readonly port: HandlePort;
}

/** The events of one task; see `FoundHandle.events`. Nothing is asked before the first event is. */
export const createTaskEvents = (options: TaskEventsOptions): AsyncIterable<TaskEvent> => ({
  [Symbol.asyncIterator]: () => iterate(options),
});

/** Not a generator: one is left only after it has given the event that it waits for, which may be long in coming. */
const iterate = ({ task, wait, port }: TaskEventsOptions): AsyncIterator<TaskEvent> => {
  let untold: readonly TaskEvent[] = [];
  let before: TaskSighting | undefined;
  let looks: TaskLooks | undefined;
  let isOver = false;

  const close = (): void => {
    isOver = true;
    looks?.close();
  };
  const endWith = (error: TaskResultError): void => {
    untold = [before === undefined ? { error } : { status: before.status, error }];
    close();
  };
  const take = async (now: TaskSighting): Promise<void> => {
    const { lines, count } = await readNewLines(port, task, { now, seenCount: before?.logCount ?? 0 });
    if (isOver) return;
    untold = toTaskEvents({ task, before, now, lines });
    before = { ...now, logCount: count };
    if (now.end !== undefined) close();
  };
  const advance = async (): Promise<void> => {
    if (wait.isErr()) return endWith(wait.error);
    looks ??= port.openLooks(task, wait.value.timeoutMs);
    const look = await looks.next();
    if (look === undefined) return close();
    await look.match(take, async (error) => endWith(error));
  };
  const tellNext = async (): Promise<IteratorResult<TaskEvent, undefined>> => {
    while (untold.length === 0 && !isOver) await advance();
    const [value, ...rest] = untold;
    untold = rest;
    return value === undefined ? { value: undefined, done: true } : { value, done: false };
  };
  let told: Promise<unknown> = Promise.resolve();
  return {
    // Whoever asks for several at once gets them one after the other, as from a generator.
    next: () => {
      const telling = told.then(tellNext);
      told = telling;
      return telling;
    },
    return: async () => {
      untold = [];
      close();
      return { value: undefined, done: true };
    },
  };
};

interface SeenLines {
  readonly now: TaskSighting;
  /** Lines of which the consumer was told, also those that are kept no more. */
  readonly seenCount: number;
}

const readNewLines = async (
  port: HandlePort,
  task: TaskName,
  { now, seenCount }: SeenLines,
): Promise<TaskLog> => {
  const nothing = { lines: [], count: Math.max(seenCount, now.logCount) };
  if (now.logCount <= seenCount) return nothing;
  const log = await port.readLog(task);
  // Lines that cannot be read, or are gone, are no reason to end: where the task is matters more.
  return log.match(
    ({ lines, count }) => ({ lines: lines.slice(Math.max(0, lines.length - (count - seenCount))), count }),
    () => nothing,
  );
};
