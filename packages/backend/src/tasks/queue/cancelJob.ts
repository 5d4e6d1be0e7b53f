import { type RedisClient } from '@backend/redis/createRedisClient';
import { END_AS_CANCELLED } from './CancelledTasks';
import { type QueueAddress } from './QueueAddress';
import { toTaskName } from './QueueName';
import {
  isJobId,
  READ_TASK,
  type StoredTask,
  type TaskReply,
  type TaskSet,
  toSetKeys,
  toStoredTask,
} from './StoredTask';

/** Where a queue holds the tasks that have not ended. */
export const UNFINISHED_SETS = [
  'delayed',
  'prioritized',
  'waiting-children',
  'wait',
  'paused',
  'active',
] as const satisfies readonly TaskSet[];

/** One of `UNFINISHED_SETS`. */
export type UnfinishedSet = (typeof UNFINISHED_SETS)[number];

/**
 * In one script, so that a worker that takes the job at the same moment gets it or does not. A job that runs is marked,
 * and its worker told: the mark is what counts, so a Redis that forbids PUBLISH does no harm. The worker that had a job
 * which waits is told too: it may have lost its lock, and still run it. `pb` is that worker, `ats` counts the deliveries.
 */
const CANCEL = `${READ_TASK}${END_AS_CANCELLED}
local id, nowMs, reason, deduplicationPrefix = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local channel, taskName, isFollowUp = ARGV[5], ARGV[6], ARGV[7] == '1'
local isIn = {}
for index = 8, #ARGV do isIn[ARGV[index]] = true end
local job = KEYS[#sets + 1]
local function tell()
  local workerId = redis.call('HGET', job, 'pb') or ''
  redis.pcall('PUBLISH', channel, cjson.encode({ taskName = taskName, taskId = id, workerId = workerId }))
end
if redis.call('EXISTS', job) == 0 then return { 'none', false } end
if isFollowUp and redis.call('HEXISTS', job, 'cancelRequestedAt') == 0 then return { 'none', readTask(id, job) } end
local prev
for index, set in ipairs(sets) do
  local removed = 0
  if isIn[set] and (set == 'delayed' or set == 'prioritized' or set == 'waiting-children') then
    removed = redis.call('ZREM', KEYS[index], id)
  elseif isIn[set] and (set == 'wait' or set == 'paused') then
    removed = redis.call('LREM', KEYS[index], 0, id)
  end
  if removed > 0 then prev = set end
end
if prev then
  local keys = { cancelled = KEYS[3], job = job, events = KEYS[#sets + 2] }
  endAsCancelled(keys, id, prev, nowMs, reason, deduplicationPrefix)
  if not isFollowUp and redis.call('HEXISTS', job, 'ats') == 1 then tell() end
  return { 'cancelled', readTask(id, job) }
end
if isFollowUp or not isIn.active or not redis.call('LPOS', KEYS[7], id) then return { 'none', readTask(id, job) } end
local isFirst = redis.call('HSETNX', job, 'cancelRequestedAt', nowMs) == 1
if isFirst and reason ~= '' then redis.call('HSET', job, 'cancelReason', reason) end
tell()
return { isFirst and 'requested' or 'none', readTask(id, job) }`;

interface JobCancellation {
  readonly client: RedisClient;
  readonly queue: QueueAddress;
  readonly id: string;
  /** At least one character. */
  readonly reason?: string | undefined;
  /** Where workers hear of it. */
  readonly channel: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Cancels only a task that waits although it was asked to stop: its worker put it back at the same moment. */
  readonly isFollowUp?: boolean;
  /** Where it must be at that moment; elsewhere it is left as it is. Default: wherever a task is that has not ended. */
  readonly onlyIn?: readonly UnfinishedSet[] | undefined;
}

/** What became of a cancellation. */
export interface CancelledJob {
  /** What this call changed: the task is cancelled, or it runs and is asked to stop, or nothing. */
  readonly change: 'cancelled' | 'requested' | 'none';
  /** The task after the call; `undefined` when the queue holds none with this id. */
  readonly task: StoredTask | undefined;
}

/**
 * Cancels a task that waits, for a worker or for its time: no worker will take it. One that runs is asked to stop; one
 * that has ended stays as it is. Rejects when Redis does not answer; calling again is harmless.
 */
export const cancelJob = async ({
  client,
  queue,
  id,
  reason = '',
  channel,
  nowMs,
  isFollowUp = false,
  onlyIn = UNFINISHED_SETS,
}: JobCancellation): Promise<CancelledJob> => {
  if (!isJobId(queue, id)) return { change: 'none', task: undefined };
  const keys = [...toSetKeys(queue), ...[id, 'events'].map((name) => queue.toKey(name))];
  const given = [id, nowMs, reason, queue.toKey('de:'), channel, toTaskName(queue.name), isFollowUp ? 1 : 0];
  const reply = await client.eval(CANCEL, keys.length, ...keys, ...given, ...onlyIn);
  const [change, task] = reply as [CancelledJob['change'], TaskReply]; // what the script returns
  return { change, task: toStoredTask(id, task) };
};
