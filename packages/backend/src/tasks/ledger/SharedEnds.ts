import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type Err, err, ok, type Result } from 'neverthrow';
import { type TaskEnd, type TaskName } from '../domain/TaskEnd';
import { type TaskSighting } from '../domain/TaskSighting';
import { createTaskEnds, type EndWait, type TaskEnds, WaitError } from '../queue/TaskEnds';
import { type LedgerError } from './LedgerError';
import { type LedgerHistory } from './LedgerHistory';
import { readKeptSighting } from './readKeptSighting';
import { sharedTaskLedger } from './sharedTaskLedger';

interface SharedEndsParts {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** What hears of the ends of tasks from their queues, and of those that these have forgotten from the ledger. */
export const createSharedEnds = (parts: SharedEndsParts): TaskEnds => {
  const ends = createTaskEnds(parts);
  const ledger = sharedTaskLedger(parts.appConfig);
  return ledger === undefined ? ends : createLedgerEnds(ends, ledger.history);
};

/** How often a task is looked for that is in the ledger and not on its queue yet, or a ledger that is away; milliseconds. */
const POLL_MS = 200;

/** Where a queue holds no task, the ledger knows whether it has ended or is still to come. */
export const createLedgerEnds = (ends: TaskEnds, history: Pick<LedgerHistory, 'find'>): TaskEnds => ({
  wait: async (taskName, id, wait) => {
    const endsAtMs = performance.now() + wait.timeoutMs;
    for (;;) {
      const heard = await ends.wait(taskName, id, leftOf(wait, endsAtMs));
      if (heard.isErr()) return (await lastWord(history, { id, taskName }, { heard, wait })) ?? heard;
      if (heard.value.kind !== 'removed') return heard;
      const kept = await readKeptSighting(history, { id, taskName });
      if (kept.isOk() && kept.value === undefined) return heard;
      if (kept.isOk() && kept.value?.end !== undefined) return ok(kept.value.end);
      if (performance.now() >= endsAtMs) return err(toWaitError(kept, wait));
      await new Promise((resolve) => setTimeout(resolve, Math.min(POLL_MS, endsAtMs - performance.now())));
    }
  },
});

/**
 * A queue that has a task waiting may have gone back in time: before a caller is told that its time is over the ledger is asked,
 * once. Not of a look, which is to cost no more; nor is a failure believed, of which the task may have been put back.
 */
const lastWord = async (
  history: Pick<LedgerHistory, 'find'>,
  task: TaskName,
  { heard, wait }: { readonly heard: Err<TaskEnd, WaitError>; readonly wait: EndWait },
): Promise<Result<TaskEnd, WaitError> | undefined> => {
  if (heard.error.code !== 'timed-out' || wait.timeoutMs === 0) return undefined;
  const end = (await readKeptSighting(history, task)).unwrapOr(undefined)?.end;
  return end === undefined || end.kind === 'failed' ? undefined : ok(end);
};

/** A database that does not answer says nothing of the task: it is neither removed nor known to go on. */
const toWaitError = (
  kept: Result<TaskSighting | undefined, LedgerError>,
  { timeoutMs }: EndWait,
): WaitError =>
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
