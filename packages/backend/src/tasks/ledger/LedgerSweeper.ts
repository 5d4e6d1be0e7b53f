import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type LedgerHistory, type SweepRule } from './LedgerHistory';
import { createSoloWork } from './SoloWork';

/** How long the ledger keeps tasks that have ended, by their status; milliseconds, 0: for ever. */
export type LedgerRetention = Readonly<Record<SweepRule['status'], number>>;

/** Milliseconds between two sweeps: 10 minutes. */
const SWEEP_INTERVAL_MS = 10 * 60 * 1000;

/** Milliseconds from the start to the first sweep: a minute. */
const FIRST_SWEEP_MS = 60 * 1000;

/** Tasks that one transaction deletes. */
const BATCH_COUNT = 1000;

/** Milliseconds between two batches: on SQLite whoever waits for the lock gets it then. */
const PAUSE_MS = 100;

interface LedgerSweeperOptions {
  readonly history: Pick<LedgerHistory, 'sweep'>;
  readonly retention: LedgerRetention;
  readonly logger: ILogger;
  /** Milliseconds since 1970. Default: the clock. */
  now?(): number;
  /** Between two batches. Default: 100 milliseconds. */
  pause?(): Promise<void>;
}

/** Deletes ended tasks from the ledger that are too old. */
export interface LedgerSweeper {
  /** Called by the timer; public for tests. Never rejects. */
  sweep(): Promise<void>;
  stop(): void;
}

/** Starts sweeping the ledger of a worker. Several workers may sweep the same ledger. */
export const createLedgerSweeper = ({
  history,
  retention,
  logger,
  now = Date.now,
  pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)),
}: LedgerSweeperOptions): LedgerSweeper => {
  const log = createRateLimitedLog({ logger });
  let isStopped = false;
  const sweepStatus = async (status: SweepRule['status']): Promise<void> => {
    const nowMs = now();
    const rule: SweepRule = { status, endedBeforeMs: nowMs - retention[status], nowMs, limit: BATCH_COUNT };
    let deletedCount = 0;
    for (let count = BATCH_COUNT; count === BATCH_COUNT && !isStopped; ) {
      if (deletedCount > 0) await pause();
      const deleted = await history.sweep(rule);
      if (deleted.isErr()) {
        log.warn('sweep', 'Old tasks could not be deleted from the ledger', {
          status,
          reason: deleted.error.message,
        });
        return;
      }
      count = deleted.value;
      deletedCount += count;
    }
    if (deletedCount > 0) logger.debug('Old tasks were deleted from the ledger', { status, deletedCount });
  };
  const sweepOnce = async (): Promise<void> => {
    for (const status of ['completed', 'failed', 'cancelled'] as const)
      if (retention[status] > 0) await sweepStatus(status);
  };
  const { run: sweep } = createSoloWork(sweepOnce);
  // Workers that are started again and again sweep too.
  const first = setTimeout(() => void sweep(), FIRST_SWEEP_MS);
  const timer = setInterval(() => void sweep(), SWEEP_INTERVAL_MS);
  for (const each of [first, timer]) each.unref();
  return {
    sweep,
    stop: () => {
      isStopped = true;
      clearTimeout(first);
      clearInterval(timer);
    },
  };
};
