import { type Result } from 'neverthrow';
import { type TaskEvent, type TaskWaitOptions } from '../domain/TaskHandle';
import { type TaskResultError } from '../domain/TaskResultError';
import { type ErrorCopy, fromErrorCopy, toErrorCopy } from './ErrorCopy';
import { type Ask, type RemoteWork } from './Link';

interface Waiting {
  readonly event: TaskEvent;
  /** Says whether another one is wanted. */
  taken(isWanted: boolean): void;
}

/**
 * The events of a task in the process of an isolated attempt: the worker looks on, and hands over the next one when the
 * one before it was taken. Leaving the loop ends that with the next event.
 */
export async function* createForwardedEvents(
  ask: Ask,
  wait: Result<Required<TaskWaitOptions>, TaskResultError>,
): AsyncGenerator<TaskEvent> {
  if (wait.isErr()) {
    yield { error: wait.error };
    return;
  }
  let arrived = awaitNext();
  let isWanted = true;
  const take = (given: unknown): boolean | Promise<boolean> =>
    isWanted && new Promise((taken) => arrived.resolve({ event: fromEventCopy(given), taken }));
  ask(['events', wait.value], take).then(
    () => arrived.resolve(undefined),
    (error) => arrived.reject(error),
  );
  for (let next = await arrived.promise; next !== undefined; next = await arrived.promise) {
    arrived = awaitNext();
    const { event, taken } = next;
    let isLeft = true;
    try {
      yield event;
      isLeft = false;
    } finally {
      isWanted = !isLeft;
      taken(isWanted);
    }
  }
}

/** What the worker could not do may come when the loop is left already; it must not end the process. */
const awaitNext = (): PromiseWithResolvers<Waiting | undefined> => {
  const next = Promise.withResolvers<Waiting | undefined>();
  next.promise.catch(() => undefined);
  return next;
};

/** Hands the events of a task to the process of an attempt, one after the other. */
export const answerEvents = async (events: AsyncIterable<TaskEvent>, work: RemoteWork): Promise<void> => {
  for await (const event of events) {
    if (!(await work(toEventCopy(event)))) return;
  }
};

const toEventCopy = ({ error, ...event }: TaskEvent): object =>
  error === undefined ? event : { ...event, error: toErrorCopy(error) };

const fromEventCopy = (copy: unknown): TaskEvent => {
  const { error, ...event } = copy as TaskEvent & { readonly error?: ErrorCopy }; // made by toEventCopy
  return error === undefined ? event : { ...event, error: fromErrorCopy(error) as TaskResultError };
};
