import { type Queue } from 'bullmq';
import { MAX_STREAM_EVENTS } from './TaskQueues';

/** The sorted set of a queue's cancelled tasks, ids with the time they were cancelled at (milliseconds since 1970). */
export const toCancelledKey = (queue: Pick<Queue, 'toKey'>): string => queue.toKey('cancelled');

/**
 * Lua: `endAsCancelled(keys, id, prev, nowMs, reason, deduplicationPrefix)` puts a task, which its caller has taken out of
 * `prev`, among the cancelled ones. The first reason stays. The deduplication key is released as BullMQ does when a job
 * ends: only where it names this job and has no end of its own. Who waits for the task hears of its end in the queue's
 * events. `keys` has `cancelled`, `job` and `events`.
 */
export const END_AS_CANCELLED = `
local function endAsCancelled(keys, id, prev, nowMs, reason, deduplicationPrefix)
  redis.call('ZADD', keys.cancelled, nowMs, id)
  redis.call('HSET', keys.job, 'finishedOn', nowMs)
  if reason ~= '' then redis.call('HSETNX', keys.job, 'cancelReason', reason) end
  local deduplicationId = redis.call('HGET', keys.job, 'deid')
  if deduplicationId then
    local key = deduplicationPrefix .. deduplicationId
    if redis.call('PTTL', key) == -1 and redis.call('GET', key) == id then redis.call('DEL', key) end
  end
  local told = redis.call('HGET', keys.job, 'cancelReason') or ''
  redis.call('XADD', keys.events, 'MAXLEN', '~', ${MAX_STREAM_EVENTS}, '*',
    'event', 'cancelled', 'jobId', id, 'prev', prev, 'reason', told)
end
`;
