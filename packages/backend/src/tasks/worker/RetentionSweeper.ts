import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { sweepRetention } from '../queue/Retention';
import { type TaskQueues } from '../queue/TaskQueues';

/** Milliseconds between two sweeps: 10 minutes. */
const SWEEP_INTERVAL_MS = 10 * 60 * 1000;

interface RetentionSweeperOptions {
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly queues: TaskQueues;
  readonly logger: ILogger;
}

/** Deletes finished tasks whose retention is over. */
export interface RetentionSweeper {
  /** Called by the timer; public for tests. Never rejects. */
  sweep(): Promise<void>;
  stop(): void;
}

/** Starts sweeping the queues of a worker, one after the other. Several workers may sweep the same queues. */
export const createRetentionSweeper = ({
  tasks,
  queues,
  logger,
}: RetentionSweeperOptions): RetentionSweeper => {
  const log = createRateLimitedLog({ logger });
  const sweep = async (): Promise<void> => {
    for (const { queueName, options } of tasks) {
      try {
        const deletedCount = await sweepRetention(queues.get(queueName), options.retention);
        if (deletedCount > 0)
          logger.debug('Finished tasks were deleted', { taskName: queueName, deletedCount });
      } catch (error) {
        log.warn('sweep', 'Finished tasks could not be deleted', {
          taskName: queueName,
          reason: String(error),
        });
      }
    }
  };
  const timer = setInterval(() => void sweep(), SWEEP_INTERVAL_MS);
  timer.unref();
  return { sweep, stop: () => clearInterval(timer) };
};
