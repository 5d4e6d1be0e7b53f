import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';

const CHECK_INTERVAL_MS = 250;

interface EventLoopWatchOptions {
  readonly logger: ILogger;
  /** Milliseconds; a loop that stands still for longer loses its tasks to other workers. */
  readonly lockMs: number;
  /** Names of the tasks that have run at any time since the last call: who blocked the loop may have ended since. */
  takeRecentTasks(): readonly string[];
  /** Monotonic, in milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/** Watches whether handlers leave the event loop to others. */
export interface EventLoopWatch {
  /** Called by the timer; public for tests with a clock of their own. */
  check(): void;
  stop(): void;
}

/**
 * Measures how late a timer is. A handler that computes without `await` holds the loop, as a suspended process does;
 * locks are not renewed, and after `lockMs` another worker may run its tasks: from half of that on, it is in the log.
 */
export const createEventLoopWatch = ({
  logger,
  lockMs,
  takeRecentTasks,
  now = () => performance.now(),
}: EventLoopWatchOptions): EventLoopWatch => {
  const log = createRateLimitedLog({ logger });
  let expectedAtMs = now() + CHECK_INTERVAL_MS;
  const check = (): void => {
    const lagMs = Math.round(now() - expectedAtMs);
    expectedAtMs = now() + CHECK_INTERVAL_MS;
    const recentTasks = takeRecentTasks();
    if (lagMs < lockMs / 2) return;
    log.warn(
      'lag',
      'The event loop stood still; when it does for longer than the lock, tasks that run here may run elsewhere too',
      {
        lagMs,
        lockMs,
        recentTasks,
      },
    );
  };
  const timer = setInterval(check, CHECK_INTERVAL_MS);
  timer.unref();
  return { check, stop: () => clearInterval(timer) };
};
