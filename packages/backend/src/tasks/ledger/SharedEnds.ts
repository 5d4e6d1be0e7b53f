import { type AppConfig } from '@backend/config/AppConfig';
import { settleWithin } from '@backend/deadline/settleWithin';
import { type ILogger } from '@backend/logger/Logger';
import { type Err, err, ok, type Result } from 'neverthrow';
import { type TaskEnd, type TaskName } from '../domain/TaskEnd';
import { type TaskSighting } from '../domain/TaskSighting';
import { createTaskEnds, type EndWait, type TaskEnds, toAborted, WaitError } from '../queue/TaskEnds';
import { type LedgerError } from './LedgerError';
import { readKeptSighting } from './readKeptSighting';
import { sharedTaskLedger } from './sharedTaskLedger';

interface SharedEndsParts {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** What hears of the ends of tasks from their queues, and of those that these have forgotten from the ledger. */
export const createSharedEnds = (parts: SharedEndsParts): TaskEnds =>
  createLedgerEnds({
    ends: createTaskEnds(parts),
    // The one of the moment: a ledger that was closed is opened anew.
    readKept: (task) => readKeptSighting(sharedTaskLedger(parts.appConfig)?.history, task),
  });

/** How often a task is looked for that is in the ledger and not on its queue yet, or a ledger that is away; milliseconds. */
const POLL_MS = 200;

/** As long as a look at a queue takes at most. */
const LAST_LOOK_MS = 2000;

interface LedgerEndsParts {
  /** What hears from the queues. */
  readonly ends: TaskEnds;
  /** Reads what the ledger knows of a task; nothing where there is none. */
  readKept(task: TaskName): Promise<Result<TaskSighting | undefined, LedgerError>>;
  /** How long the ledger may take when the caller's time is over; milliseconds. Default: 2000. */
  readonly lastLookMs?: number;
}

/** Where a queue holds no task, the ledger knows whether it has ended or is still to come. */
export const createLedgerEnds = ({
  ends,
  readKept,
  lastLookMs = LAST_LOOK_MS,
}: LedgerEndsParts): TaskEnds => ({
  wait: (taskName, id, wait) => {
    const endsAtMs = performance.now() + wait.timeoutMs;
    const look = async (): Promise<Kept> => {
      const leftMs = Math.max(0, endsAtMs + lastLookMs - performance.now());
      return (await settleWithin(readKept({ id, taskName }), leftMs)).andThen((kept) => kept);
    };
    const listen = () => ends.wait(taskName, id, leftOf(wait, endsAtMs));
    return untilAborted(follow({ listen, look, wait, endsAtMs }), wait.signal);
  },
});

/** What the ledger knows of a task. */
type Kept = Result<TaskSighting | undefined, Error>;

interface Following {
  /** Waits for the end of the task on its queue, for as long as there is time. */
  listen(): Promise<Result<TaskEnd, WaitError>>;
  /** Looks at the task in the ledger. */
  look(): Promise<Kept>;
  readonly wait: EndWait;
  /** By `performance.now`. */
  readonly endsAtMs: number;
}

const follow = async ({ listen, look, wait, endsAtMs }: Following): Promise<Result<TaskEnd, WaitError>> => {
  for (;;) {
    const heard = await listen();
    if (heard.isErr()) return (await lastWord({ heard, look, wait })) ?? heard;
    if (heard.value.kind !== 'removed') return heard;
    const kept = await look();
    if (kept.isOk() && kept.value === undefined) return heard;
    if (kept.isOk() && kept.value?.end !== undefined) return ok(kept.value.end);
    if (performance.now() >= endsAtMs) return err(toWaitError(kept, wait));
    await new Promise((resolve) => setTimeout(resolve, Math.min(POLL_MS, endsAtMs - performance.now())));
  }
};

/**
 * A queue that has a task waiting may have gone back in time: before a caller is told that its time is over the ledger is asked,
 * once. Not of a look, which is to cost no more; nor is a failure believed, of which the task may have been put back.
 */
const lastWord = async ({
  heard,
  look,
  wait,
}: Pick<Following, 'look' | 'wait'> & { readonly heard: Err<TaskEnd, WaitError> }): Promise<
  Result<TaskEnd, WaitError> | undefined
> => {
  if (heard.error.code !== 'timed-out' || wait.timeoutMs === 0) return undefined;
  const end = (await look()).unwrapOr(undefined)?.end;
  return end === undefined || end.kind === 'failed' ? undefined : ok(end);
};

/** Lets no caller wait for the ledger who waits no longer. */
const untilAborted = async (
  heard: Promise<Result<TaskEnd, WaitError>>,
  signal: AbortSignal | undefined,
): Promise<Result<TaskEnd, WaitError>> => {
  if (signal === undefined) return heard;
  const aborted = Promise.withResolvers<Result<TaskEnd, WaitError>>();
  const abort = (): void => aborted.resolve(err(toAborted(signal)));
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  const answer = await Promise.race([heard, aborted.promise]);
  signal.removeEventListener('abort', abort);
  return answer;
};

/** A database that does not answer says nothing of the task: it is neither removed nor known to go on. */
const toWaitError = (kept: Kept, { timeoutMs }: EndWait): WaitError =>
  kept.match(
    () => new WaitError(`not ended within ${timeoutMs} ms`, 'timed-out'),
    (error) =>
      new WaitError(
        `its queue does not hold the task, and the ledger could not be asked: ${error.message}`,
        'queue-unavailable',
        error,
      ),
  );

const leftOf = (wait: EndWait, endsAtMs: number): EndWait => ({
  ...wait,
  timeoutMs: Math.max(0, Math.round(endsAtMs - performance.now())),
});
