import { type RedisClient } from '@backend/redis/createRedisClient';
import { type WorkerOptions } from 'bullmq';
import { type TaskOptions } from '../domain/TaskOptions';

/** Translates a definition's rate limit to BullMQ's, which counts in Redis and so holds for all workers together. */
export const toLimiter = (rateLimit: TaskOptions['rateLimit']): Pick<WorkerOptions, 'limiter'> =>
  rateLimit === undefined ? {} : { limiter: { max: rateLimit.max, duration: rateLimit.durationMs } };

/**
 * Writes how many tasks of a queue may run at the same time, over all workers, where BullMQ's scripts look for it.
 *
 * @param queueKey Prefix and name of the queue: `drover:{emails.send}`.
 */
export const writeMaxConcurrency = async (
  client: RedisClient,
  queueKey: string,
  maxConcurrency: number | undefined,
): Promise<void> => {
  const metaKey = `${queueKey}:meta`;
  await (maxConcurrency === undefined
    ? client.hdel(metaKey, 'concurrency')
    : client.hset(metaKey, 'concurrency', maxConcurrency));
};
