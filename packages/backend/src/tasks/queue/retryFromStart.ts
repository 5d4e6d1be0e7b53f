import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Job, type Queue } from 'bullmq';
import { CHILD_PREFIX, IS_COMPLETED_CHILD } from './ChildStore';
import { RETRY_FIELDS } from './RetryClaim';

interface RetryFromStart {
  /** The connection of the queue. */
  readonly client: RedisClient;
  readonly queue: Queue;
  /** A failed job, with BullMQ's own `retry`. */
  readonly job: { readonly id: string | undefined } & Pick<Job, 'retry'>;
}

/**
 * BullMQ's `retry` has no option for `stc`, its `stalledCounter`, and a task whose crashes are used up would fail again
 * unrun. What an earlier retry noted is forgotten with it: the task that fails next is a new dead letter. And so is a
 * cancellation that came too late: the task would end as cancelled unrun. Of its children those that have completed are
 * kept, as in every retry: the others failed, or were cancelled with it, and it would be given their errors again.
 */
const FORGET = `${IS_COMPLETED_CHILD}
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return end
redis.call('HDEL', KEYS[2], unpack(ARGV, 2))
for _, field in ipairs(redis.call('HKEYS', KEYS[2])) do
  local isChild = string.sub(field, 1, ${CHILD_PREFIX.length}) == '${CHILD_PREFIX}'
  if isChild and not isCompletedChild(redis.call('HGET', KEYS[2], field)) then redis.call('HDEL', KEYS[2], field) end
end`;

const FORGOTTEN_FIELDS = ['stc', 'cancelRequestedAt', 'cancelReason', ...RETRY_FIELDS] as const;

/**
 * Puts a failed job back under its id, with all its attempts and no crash behind it. Rejects, as BullMQ does, when the job
 * is not failed. Why it stays the same job: docs/decisions/0010-retry-from-the-board.md.
 */
export const retryFromStart = async ({ client, queue, job }: RetryFromStart): Promise<void> => {
  const id = job.id ?? '';
  // First, since a worker may take the job as soon as it is back.
  await client.eval(FORGET, 2, queue.toKey('failed'), queue.toKey(id), id, ...FORGOTTEN_FIELDS);
  await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
};
