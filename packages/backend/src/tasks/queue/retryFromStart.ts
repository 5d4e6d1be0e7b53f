import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Job, type Queue } from 'bullmq';

interface RetryFromStart {
  /** The connection of the queue. */
  readonly client: RedisClient;
  readonly queue: Queue;
  /** A failed job, with BullMQ's own `retry`. */
  readonly job: { readonly id: string | undefined } & Pick<Job, 'retry'>;
}

/**
 * Puts a failed job back under its id, with all its attempts and no crash behind it. Rejects, as BullMQ does, when the job
 * is not failed. Why it stays the same job: docs/decisions/0010-retry-from-the-board.md.
 */
export const retryFromStart = async ({ client, queue, job }: RetryFromStart): Promise<void> => {
  // BullMQ's `retry` has no option for this counter, its `stalledCounter`, and a task whose crashes are used up would fail
  // again unrun. First, since a worker may take the job as soon as it is back.
  await client.hdel(queue.toKey(job.id ?? ''), 'stc');
  await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
};
