import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Queue } from 'bullmq';
import { isJobId, READ_TASK, type StoredTask, type TaskReply, toSetKeys, toStoredTask } from './StoredTask';
import { MAX_STREAM_EVENTS } from './TaskQueues';

/** The sorted set of a queue's cancelled tasks, ids with the time they were cancelled at (milliseconds since 1970). */
export const toCancelledKey = (queue: Pick<Queue, 'toKey'>): string => queue.toKey('cancelled');

/**
 * In one script, so that a worker that takes the job at the same moment gets it or does not. The deduplication key is
 * released as BullMQ does when a job ends: only where it names this job and has no end of its own. Who waits for the task
 * hears of its end in the queue's events.
 */
const CANCEL = `${READ_TASK}
local id, nowMs, reason, deduplicationPrefix, eventCount = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local job = KEYS[#sets + 1]
if redis.call('EXISTS', job) == 0 then return { 0, false } end
local removed = 0
for index, set in ipairs(sets) do
  if set == 'delayed' or set == 'prioritized' or set == 'waiting-children' then
    removed = removed + redis.call('ZREM', KEYS[index], id)
  elseif set == 'wait' or set == 'paused' then
    removed = removed + redis.call('LREM', KEYS[index], 0, id)
  end
end
if removed > 0 then
  redis.call('ZADD', KEYS[3], nowMs, id)
  redis.call('HSET', job, 'finishedOn', nowMs)
  redis.call('XADD', KEYS[#sets + 2], 'MAXLEN', '~', eventCount, '*', 'event', 'cancelled', 'jobId', id)
  if reason ~= '' then redis.call('HSET', job, 'cancelReason', reason) end
  local deduplicationId = redis.call('HGET', job, 'deid')
  if deduplicationId then
    local key = deduplicationPrefix .. deduplicationId
    if redis.call('PTTL', key) == -1 and redis.call('GET', key) == id then redis.call('DEL', key) end
  end
end
return { removed, readTask(id, job) }`;

interface JobCancellation {
  readonly client: RedisClient;
  readonly queue: Queue;
  readonly id: string;
  /** At least one character. */
  readonly reason: string | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** What became of a cancellation. */
export interface CancelledJob {
  /** Whether this call cancelled the task. */
  readonly isCancelled: boolean;
  /** The task after the call; `undefined` when the queue holds none with this id. */
  readonly task: StoredTask | undefined;
}

/**
 * Cancels a task that waits, for a worker or for its time: no worker will take it. One that runs or has ended stays as
 * it is. Rejects when Redis does not answer; calling again is harmless.
 */
export const cancelJob = async ({
  client,
  queue,
  id,
  reason = '',
  nowMs,
}: JobCancellation): Promise<CancelledJob> => {
  if (!isJobId(queue, id)) return { isCancelled: false, task: undefined };
  const keys = [...toSetKeys(queue), queue.toKey(id), queue.toKey('events')];
  const values = [id, nowMs, reason, queue.toKey('de:'), MAX_STREAM_EVENTS];
  const reply = await client.eval(CANCEL, keys.length, ...keys, ...values);
  const [removedCount, task] = reply as [number, TaskReply]; // what the script returns
  return { isCancelled: removedCount > 0, task: toStoredTask(id, task) };
};
