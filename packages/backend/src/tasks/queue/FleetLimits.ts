import { type RedisClient } from '@backend/redis/createRedisClient';
import { type WorkerOptions } from 'bullmq';
import { type TaskOptions } from '../domain/TaskOptions';

/** Translates a definition's rate limit to BullMQ's, which counts in Redis and so holds for all workers together. */
export const toLimiter = (rateLimit: TaskOptions['rateLimit']): Pick<WorkerOptions, 'limiter'> =>
  rateLimit === undefined ? {} : { limiter: { max: rateLimit.max, duration: rateLimit.durationMs } };

/** Between two attempts to write a limit; milliseconds. */
const RETRY_MS = 1000;

interface MaxConcurrency {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly maxConcurrency: number | undefined;
  isClosing(): boolean;
  onError(error: Error): void;
}

/**
 * Writes how many tasks of a queue may run at the same time, over all workers, where BullMQ's scripts look for it. Tries
 * until Redis has it: no task may be taken before.
 */
export const writeMaxConcurrency = async (limit: MaxConcurrency): Promise<void> => {
  while (!limit.isClosing()) {
    try {
      return await writeOnce(limit);
    } catch (error) {
      limit.onError(error instanceof Error ? error : new Error(String(error)));
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
};

const writeOnce = async ({ client, queueKey, maxConcurrency }: MaxConcurrency): Promise<void> => {
  const metaKey = `${queueKey}:meta`;
  await (maxConcurrency === undefined
    ? client.hdel(metaKey, 'concurrency')
    : client.hset(metaKey, 'concurrency', maxConcurrency));
};
