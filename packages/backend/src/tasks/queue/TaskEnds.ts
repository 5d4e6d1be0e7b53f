import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { type TaskEnd } from '../domain/TaskEnd';
import { describeAccessFailure } from './AccessFailure';
import { type WatchedTask } from './QueueWatch';
import { sharedTaskWatch } from './sharedTaskWatch';
import { ClosedError, type TaskWatch, type TaskWatcher } from './TaskWatch';

/**
 * Why a wait ended without an end.
 *
 * - `timed-out`: the time is over, and the task has not ended. - `aborted`: the caller's signal was aborted.
 * - `queue-unavailable`: the time is over, and Redis says nothing, or it does not hold the task and the ledger says nothing; or
 *   the connections of the process were closed.
 */
export type WaitErrorCode = 'timed-out' | 'aborted' | 'queue-unavailable';

/** A wait for a task is over, and the task has not ended as far as is known. */
export class WaitError extends Error {
  override readonly name = 'WaitError';
  readonly code: WaitErrorCode;

  constructor(message: string, code: WaitErrorCode, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** How long an end is waited for. */
export interface EndWait {
  /** Milliseconds; a whole number from 0 (look once) to 2^31-1. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Hears of the ends of tasks, in whichever process they run. */
export interface TaskEnds {
  /**
   * Waits until a task has ended. Never rejects; when the time is over it looks once more, which takes two seconds at
   * most. Redis may be away for a while meanwhile.
   */
  wait(taskName: string, id: WatchedTask['id'], wait: EndWait): Promise<Result<TaskEnd, WaitError>>;
}

/**
 * Creates what hears of ends. Free: all of a process share one blocking connection for each Redis URL (in a cluster one
 * for each queue), opened by the first wait for a task that has not ended, closed a second after the last.
 */
export const createTaskEnds = (parts: {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}): TaskEnds => ({
  wait: (taskName, id, wait) => waitForEnd(sharedTaskWatch(parts), { taskName, id }, wait),
});

/** Waits for one task's end; see `TaskEnds`. */
export const waitForEnd = (
  watch: TaskWatch,
  task: WatchedTask,
  { timeoutMs, signal }: EndWait,
): Promise<Result<TaskEnd, WaitError>> =>
  new Promise((resolve) => {
    let isOver = timeoutMs === 0;
    const finish = (end: Result<TaskEnd, WaitError>): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      watching.stop();
      resolve(end);
    };
    const watcher: TaskWatcher = {
      isCurious: false,
      onSighting: (sighting) => {
        if (sighting === undefined) return finish(ok({ kind: 'removed' }));
        if (sighting.end !== undefined) return finish(ok(sighting.end));
        if (isOver) finish(err(new WaitError(`not ended within ${timeoutMs} ms`, 'timed-out')));
      },
      onSilence: (error) => {
        if (isOver || error instanceof ClosedError)
          finish(err(new WaitError(describeWatchFailure(error), 'queue-unavailable', error)));
      },
    };
    const abort = (): void => finish(err(toAborted(signal)));
    const watching = watch.watch(task, watcher);
    const timer = setTimeout(() => {
      isOver = true;
      watching.look();
    }, timeoutMs);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
  });

/** The error for a caller who waits no longer. */
export const toAborted = (signal: AbortSignal | undefined): WaitError =>
  new WaitError('the wait was aborted', 'aborted', signal?.reason);

/** Says in words why a watcher was told nothing. */
export const describeWatchFailure = (error: Error): string =>
  error instanceof ClosedError ? error.message : describeAccessFailure(error);
