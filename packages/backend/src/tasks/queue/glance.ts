import { type RedisClient } from '@backend/redis/createRedisClient';

/** What a queue would hand out next. */
export interface NextTask {
  /** BullMQ's number, 1 to 101, lower first, with a fraction for a child; 0 for a task that was put back after a crash. */
  readonly jobPriority: number;
  /** Milliseconds since 1970. */
  readonly dueAtMs: number;
  /** Ids of tasks that were scheduled later sort later. */
  readonly id: string;
}

/** A queue as it looks at a moment. */
export interface Glance {
  /** Nothing when no task waits, or when none may begin: the queue is paused, rate limited, or has as many as it may. */
  readonly next?: NextTask;
  /** Milliseconds that the rate limit lasts; 0 when there is none now. */
  readonly limitMs: number;
  /** When the next delayed task is due, milliseconds since 1970; 0 when none waits. */
  readonly delayUntilMs: number;
}

/**
 * The next job of a queue: one that was put back, the first of the prioritised ones, or a delayed one that is due.
 * Scores are BullMQ's: priority times 2^32 plus a counter, and time times 4096 plus a counter. A task that was tried has
 * been due since then; its field `delay` tells nothing, since promoting a job sets it to 0.
 */
const GLANCE = `
local wait, prioritized, delayed, active, meta, limiter = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local prefix, now, max = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local limits = redis.call('HMGET', meta, 'paused', 'concurrency')
if limits[1] then return {} end
if limits[2] and redis.call('LLEN', active) >= tonumber(limits[2]) then return {} end
if max > 0 and tonumber(redis.call('GET', limiter) or '0') >= max then
  local ttl = redis.call('PTTL', limiter)
  if ttl > 0 then return { false, 0, ttl } end
end
local priority, due, best
local function offer(id, rank)
  local job = redis.call('HMGET', prefix .. id, 'timestamp', 'opts', 'priority', 'processedOn')
  local delay = string.match(job[2] or '', '"delay":(%d+)') or '0'
  local jobDue = tonumber(job[4] or '') or tonumber(job[1] or '0') + tonumber(delay)
  local jobPriority = rank or tonumber(job[3] or '0')
  if not priority or jobPriority < priority or (jobPriority == priority and jobDue < due) then
    priority, due, best = jobPriority, jobDue, id
  end
end
local putBack = redis.call('LINDEX', wait, -1)
if putBack then offer(putBack, 0) end
local top = redis.call('ZRANGE', prioritized, 0, 0)
if top[1] then offer(top[1]) end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, 0, (now + 1) * 4096 - 1, 'LIMIT', 0, 20)) do offer(id) end
if priority then return { tostring(priority), due, 0, 0, best } end
local later = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
if later[2] then return { false, 0, 0, math.floor(tonumber(later[2]) / 4096) } end
return {}`;

/** Whether others wait for a task: it is a child, or has begun before. */
export const isPreferred = ({ jobPriority }: NextTask): boolean =>
  jobPriority === 0 || !Number.isInteger(jobPriority);

interface GlanceOptions {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  /** Attempts that the definition's rate limit allows; 0 without one. */
  readonly rateLimitMax: number;
}

/** Looks at what a queue would hand out next, and takes nothing. Rejects when Redis does not answer. */
export const glance = async ({ client, queueKey, rateLimitMax }: GlanceOptions): Promise<Glance> => {
  const names = ['wait', 'prioritized', 'delayed', 'active', 'meta', 'limiter'];
  const keys = names.map((name) => `${queueKey}:${name}`);
  const [jobPriority, dueAtMs, limitMs, delayUntilMs, id] = (await client.eval(
    GLANCE,
    keys.length,
    ...keys,
    `${queueKey}:`,
    Date.now(),
    rateLimitMax,
  )) as [string?, number?, number?, number?, string?]; // the script's answers; what it leaves out or nil
  const times = { limitMs: limitMs ?? 0, delayUntilMs: delayUntilMs ?? 0 };
  if (typeof jobPriority !== 'string') return times;
  return { next: { jobPriority: Number(jobPriority), dueAtMs: dueAtMs ?? 0, id: id ?? '' }, ...times };
};
