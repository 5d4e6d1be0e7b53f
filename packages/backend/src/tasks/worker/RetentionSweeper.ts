import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { toQueueKey } from '../queue/QueueName';
import { sweepRetention } from '../queue/Retention';

/** Milliseconds between two sweeps: 10 minutes. */
const SWEEP_INTERVAL_MS = 10 * 60 * 1000;

/** Milliseconds from the start to the first sweep: a minute. */
const FIRST_SWEEP_MS = 60 * 1000;

interface RetentionSweeperOptions {
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly client: RedisClient;
  readonly prefix: string;
  readonly logger: ILogger;
  /** Milliseconds since 1970. Default: the clock. */
  now?(): number;
}

/** Deletes finished tasks that are too old or too many. */
export interface RetentionSweeper {
  /** Called by the timer; public for tests. Never rejects. */
  sweep(): Promise<void>;
  stop(): void;
}

/** Starts sweeping the queues of a worker, one after the other. Several workers may sweep the same queues. */
export const createRetentionSweeper = ({
  tasks,
  client,
  prefix,
  logger,
  now = Date.now,
}: RetentionSweeperOptions): RetentionSweeper => {
  const log = createRateLimitedLog({ logger });
  let isStopped = false;
  const sweepTask = ({ queueName, options }: TaskDefinition<unknown>): Promise<number> =>
    sweepRetention({
      client,
      queueKey: toQueueKey(prefix, queueName),
      retention: options.retention,
      nowMs: now(),
      isStopped: () => isStopped,
    });
  const sweepOnce = async (): Promise<void> => {
    for (const task of tasks) {
      if (isStopped) return;
      const { queueName } = task;
      try {
        const deletedCount = await sweepTask(task);
        if (deletedCount > 0)
          logger.debug('Finished tasks were deleted', { taskName: queueName, deletedCount });
      } catch (error) {
        if (isStopped) return; // the connection is gone because the worker is
        log.warn('sweep', 'Finished tasks could not be deleted', {
          taskName: queueName,
          reason: String(error),
        });
      }
    }
  };
  let sweeping: Promise<void> | undefined;
  const sweep = (): Promise<void> => {
    sweeping ??= sweepOnce().finally(() => {
      sweeping = undefined;
    });
    return sweeping;
  };
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
