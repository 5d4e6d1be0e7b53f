import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type LedgerHistory, type SweepRule } from './LedgerHistory';
import { createSoloWork } from './SoloWork';

/** How long the ledger keeps tasks that have ended, by their status; milliseconds, 0: for ever. */
export type LedgerRetention = Readonly<Record<SweepRule['status'], number>>;

/** Milliseconds between two sweeps: 10 minutes. */
const SWEEP_INTERVAL_MS = 10 * 60 * 1000;

/** Milliseconds from the start to the first sweep, a minute: what is started again and again sweeps too. */
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

/** Deletes ended tasks from the ledger that are too old. Any number of sweepers may run. */
export interface LedgerSweeper {
  /** Called by the timer; public for tests. Never rejects. */
  sweep(): Promise<void>;
  /** Sweeps from then on. The timers hold no process. */
  start(): void;
  /** Ends the sweeping; resolves when the batch that is under way is done. */
  stop(): Promise<void>;
}

/** Creates a sweeper. Free: it does nothing until it is asked, or started. */
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
    for (let count = BATCH_COUNT; count === BATCH_COUNT; ) {
      if (deletedCount > 0) await pause();
      if (isStopped) break;
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
  const sweeping = createSoloWork(sweepOnce);
  const sweep = (): Promise<void> => sweeping.run();
  let timers: readonly NodeJS.Timeout[] = [];
  const clear = (): void => {
    for (const timer of timers) clearTimeout(timer);
  };
  return {
    sweep,
    start: () => {
      isStopped = false;
      clear();
      timers = [
        setTimeout(() => void sweep(), FIRST_SWEEP_MS),
        setInterval(() => void sweep(), SWEEP_INTERVAL_MS),
      ];
      for (const timer of timers) timer.unref();
    },
    stop: async () => {
      isStopped = true;
      clear();
      await sweeping.settled();
    },
  };
};
