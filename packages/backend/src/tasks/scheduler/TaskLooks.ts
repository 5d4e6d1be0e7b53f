import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { type TaskName, toRemoved } from '../domain/TaskEnd';
import { type TaskResultError } from '../domain/TaskResultError';
import { type TaskSighting } from '../domain/TaskSighting';
import { sharedTaskWatch } from '../queue/sharedTaskWatch';
import { describeWatchFailure } from '../queue/TaskEnds';
import { ClosedError } from '../queue/TaskWatch';
import { toTimedOut, toUnavailable } from './HandleFailure';

/** Looks at one task until its time is over. */
export interface TaskLooks {
  /**
   * Waits for a look that shows something new, or for the error that ends the looks; `undefined` once they are closed.
   * However seldom it is called, one look is kept: the newest.
   */
  next(): Promise<Result<TaskSighting, TaskResultError> | undefined>;
  close(): void;
}

interface TaskLooksParts {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** Begins to look at a task, until its end, or an error, is there to be told; closing it ends that earlier. */
export const openTaskLooks = (task: TaskName, timeoutMs: number, parts: TaskLooksParts): TaskLooks => {
  let newest: TaskSighting | undefined;
  let error: TaskResultError | undefined;
  let isOver = timeoutMs === 0;
  let isClosed = false;
  let notify = (): void => undefined;
  const stop = (): void => {
    clearTimeout(timer);
    watching.stop();
  };
  /** Nothing more is to be learnt; who asks no more must not be looked on for all the same. */
  const tell = (): void => {
    if (error !== undefined || newest?.end !== undefined) stop();
    notify();
  };
  const watching = sharedTaskWatch(parts).watch(task, {
    isCurious: true,
    onSighting: (sighting) => {
      if (sighting === undefined) error = toRemoved(task);
      else newest = sighting;
      if (isOver && sighting !== undefined && sighting.end === undefined) error = toTimedOut(task, timeoutMs);
      tell();
    },
    onSilence: (cause) => {
      if (!isOver && !(cause instanceof ClosedError)) return;
      error = toUnavailable(task, { reason: describeWatchFailure(cause), cause });
      tell();
    },
  });
  const timer = setTimeout(() => {
    isOver = true;
    watching.look();
  }, timeoutMs);
  return {
    next: async () => {
      while (!isClosed && newest === undefined && error === undefined) {
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      }
      if (isClosed) return undefined;
      const sighting = newest;
      newest = undefined;
      if (sighting !== undefined) return ok(sighting);
      return error === undefined ? undefined : err(error);
    },
    close: () => {
      isClosed = true;
      stop();
      notify();
    },
  };
};
