import { type RedisClient } from '@backend/redis/createRedisClient';

/** How a task can have ended; each is a sorted set of the queue, by the time the tasks ended. */
export const FINISHED_KINDS = ['completed', 'failed', 'cancelled'] as const;

/** One of `FINISHED_KINDS`. */
export type FinishedKind = (typeof FINISHED_KINDS)[number];

/** Tasks one command deletes at most, so that it never holds Redis up for long. */
export const TRIM_LIMIT = 1000;

interface Trim {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly kind: FinishedKind;
  /** Milliseconds since 1970: tasks that ended then or before are deleted. */
  readonly endedByMs: number;
  /** The newest tasks that are kept. Default: all. */
  readonly keepCount?: number;
}

/**
 * The keys of a job are those of BullMQ's includes/removeJobKeys.lua. Its `clean` would delete deduplication keys too,
 * and an idempotency key must outlive its task.
 */
const TRIM = `
local set, prefix = KEYS[1], ARGV[1]
local limit, keepCount = tonumber(ARGV[3]), tonumber(ARGV[4])
local ids = redis.call('ZRANGEBYSCORE', set, '-inf', ARGV[2], 'LIMIT', 0, limit)
if keepCount >= 0 then
  local excess = math.min(redis.call('ZCARD', set) - keepCount, limit)
  if excess > #ids then ids = redis.call('ZRANGE', set, 0, excess - 1) end
end
for _, id in ipairs(ids) do
  local job = prefix .. id
  redis.call('DEL', job, job .. ':logs', job .. ':dependencies', job .. ':processed', job .. ':failed', job .. ':unsuccessful')
  redis.call('ZREM', set, id)
end
return #ids`;

/**
 * Deletes the oldest finished tasks of one kind, by age and by count. Deduplication keys stay.
 *
 * @returns How many were deleted; `TRIM_LIMIT` means that there may be more.
 */
export const trimFinished = async ({
  client,
  queueKey,
  kind,
  endedByMs,
  keepCount = -1,
}: Trim): Promise<number> =>
  Number(await client.eval(TRIM, 1, `${queueKey}:${kind}`, `${queueKey}:`, endedByMs, TRIM_LIMIT, keepCount));
