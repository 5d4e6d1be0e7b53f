import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type Result } from 'neverthrow';
import { type LostCancelled } from './LedgerOutbox';
import { toOldTimes } from './OldTimes';
import { type ReconcileError } from './ReconcileError';
import { type LeftInPlace, type ReconcileReport, reconcileTasks } from './reconcileTasks';
import { type TaskLedger } from './TaskLedger';
import { type FindPlaces } from './walkPlaces';

interface ReconcilerOptions {
  readonly ledger: Pick<TaskLedger, 'writer' | 'outbox'>;
  readonly findPlaces: FindPlaces;
  readonly logger: ILogger;
  /** Milliseconds between two looks; >= 1. */
  readonly intervalMs: number;
  /** Leaves tasks alone to which something happened more recently; milliseconds, >= 0. */
  readonly minAgeMs: number;
  /** The same for tasks that run: several times as long as a worker takes between two signs of life; milliseconds. */
  readonly runningAgeMs: number;
  /** Tasks that are looked at in one go; 1 to a few hundred. Default: 200. */
  readonly pageSize?: number;
  /** There are tasks to be published again. */
  readonly onUnpublished?: () => void;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

/** What one comparison does otherwise than the others. */
export interface ReconcileOptions {
  /** 0 when Redis is known to have lost its data: then what was just scheduled is lost too. Default: that of the reconciler. */
  readonly minAgeMs?: number;
}

/**
 * Compares the ledger with the queues: what Redis has lost is published again, and what has ended there is written down. Any
 * number of reconcilers may run.
 */
export interface Reconciler {
  /** Compares all unfinished tasks; one call waits for another. Never rejects. */
  reconcile(options?: ReconcileOptions): Promise<Result<ReconcileReport, ReconcileError>>;
  /** Compares now and from then on. The timer holds no process. */
  start(): void;
  /** Ends the comparing; resolves when the page that is under way is done. */
  stop(): Promise<void>;
}

const UNCOMPARED_MESSAGE = 'The ledger could not be compared with the queues';

/** Creates a reconciler. Free: it does nothing until it is asked, or started. */
export const createReconciler = (options: ReconcilerOptions): Reconciler => {
  const { ledger, findPlaces, logger, intervalMs, runningAgeMs } = options;
  const { pageSize = 200, onUnpublished = () => undefined, now = Date.now } = options;
  const log = createRateLimitedLog({ logger });
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let runningCount = 0;

  const onLeft = ({ taskName, ...left }: LeftInPlace): void =>
    log.warn(
      `left ${taskName}`,
      'Tasks could not be compared with their queue, or their ends not be written',
      {
        taskName,
        ...left,
      },
    );
  const onCancelled = ({ id: taskId, ...facts }: LostCancelled): void =>
    logger.info('Task cancelled', { taskId, ...facts });
  const reconcileAll = (minAgeMs: number): Promise<Result<ReconcileReport, ReconcileError>> =>
    reconcileTasks({
      ledger,
      findPlaces,
      pageSize,
      untouched: () => {
        const nowMs = now();
        return { touched: toOldTimes(nowMs, minAgeMs), runningSinceMs: nowMs - runningAgeMs };
      },
      now,
      isStopped: () => isStopped,
      onLeft,
      onUnpublished,
      onCancelled,
    });
  const reconcile = ({ minAgeMs = options.minAgeMs }: ReconcileOptions = {}) => {
    runningCount += 1;
    const reconciling = last
      .then(() => reconcileAll(minAgeMs))
      .finally(() => {
        runningCount -= 1;
      });
    last = reconciling;
    return reconciling.then((result) => {
      tell(result);
      return result;
    });
  };
  const tell = (result: Result<ReconcileReport, ReconcileError>): void => {
    if (result.isErr()) {
      const { code, message: reason } = result.error;
      // A Redis that is away has its own line, from the connection to it.
      if (code === 'queue-unavailable') logger.debug(UNCOMPARED_MESSAGE, { reason });
      else log.warn('failed', UNCOMPARED_MESSAGE, { reason });
      return;
    }
    const { republishedCount, endedCount } = result.value;
    if (republishedCount > 0)
      logger.warn('Tasks that Redis has lost are put on their queues again', { taskCount: republishedCount });
    if (endedCount > 0)
      logger.warn('Tasks had ended, and the ledger did not know it', { taskCount: endedCount });
  };

  return {
    reconcile,
    start: () => {
      isStopped = false;
      // While Redis is away one comparison waits for it; more would only queue up behind.
      timer ??= setInterval(() => runningCount === 0 && void reconcile(), intervalMs);
      timer.unref();
      void reconcile();
    },
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      timer = undefined;
      await last;
    },
  };
};
