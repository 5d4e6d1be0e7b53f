import { hash } from 'node:crypto';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { type JobsOptions, type Queue } from 'bullmq';
import { type Deduplication } from '../domain/Deduplication';

/** The deduplication that replaces what waits. */
export type Debounced = Extract<Deduplication, { readonly kind: 'debounce' }>;

/** A caller's text never becomes part of a Redis key; the first letter keeps the kinds apart. */
const toDeduplicationId = ({ kind, key }: Deduplication): string =>
  `${kind}-${hash('sha256', key, 'base64url')}`;

/**
 * Translates to BullMQ's deduplication, which looks for the key in the same script that adds the job: with a time to live
 * the key outlasts the job and its retention; without one it goes when the job is finished.
 */
export const toDeduplicationOptions = (
  deduplication: Deduplication,
): NonNullable<JobsOptions['deduplication']> =>
  deduplication.kind === 'idempotency'
    ? { id: toDeduplicationId(deduplication), ttl: deduplication.windowMs }
    : { id: toDeduplicationId(deduplication) };

/** Of each key so many calls are remembered with the job that they were given to; the newest. */
const MAX_REPLACED = 100;

/** How long they are; milliseconds. */
const REPLACED_MEMORY_MS = 24 * 60 * 60 * 1000;

/**
 * Gives a job that has not begun new data and puts it off again; one that comes late, after a newer call, is replaced by that
 * one. A job that is on the queue already, under its own id, is left alone, and so is what waits under its key. A job that has begun keeps its data and loses the key, so
 * that the next one is a job of its own; unless that is a call which was given to it before, whose answer was lost. A late call
 * that was given to nobody is none of these, however old: what it was made for may have happened since. A delayed job's score is its time times 4096, as BullMQ's getDelayedScore has it.
 */
const REPLACE = `
local keyOfId, delayed, prioritized, wait, marker, replaced = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local prefix, data, priority = ARGV[1], ARGV[2], ARGV[3]
local now, windowMs, maxWaitMs = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local ownId, isLate = ARGV[7], ARGV[8] == '1'
local function findTaken()
  for _, call in ipairs(redis.call('LRANGE', replaced, 0, -1)) do
    if string.sub(call, 1, #ownId) == ownId then return string.sub(call, #ownId + 2) end
  end
  return false
end
if redis.call('EXISTS', prefix .. ownId) == 1 then return ownId end
local id = redis.call('GET', keyOfId)
if not id then return findTaken() end
local job = prefix .. id
local isDue = redis.call('ZSCORE', prioritized, id) or redis.call('LPOS', wait, id)
if not (isDue or redis.call('ZSCORE', delayed, id)) or tonumber(redis.call('HGET', job, 'ats') or '0') > 0 then
  local takenBy = findTaken()
  if not takenBy then redis.call('DEL', keyOfId) end
  return takenBy
end
if isLate and ownId <= (redis.call('HGET', job, 'lastCall') or id) then return id end
redis.call('HSET', job, 'data', data, 'priority', priority, 'lastCall', ownId)
redis.call('LPUSH', replaced, ownId .. ' ' .. id)
redis.call('LTRIM', replaced, 0, ${MAX_REPLACED - 1})
redis.call('PEXPIRE', replaced, ${REPLACED_MEMORY_MS})
local firstCall = tonumber(redis.call('HGET', job, 'timestamp'))
local due = now + windowMs
if maxWaitMs then due = math.min(due, firstCall + maxWaitMs) end
if due <= now and isDue then return id end
redis.call('ZREM', prioritized, id)
redis.call('LREM', wait, 0, id)
redis.call('ZADD', delayed, due * 4096, id)
local opts = cjson.decode(redis.call('HGET', job, 'opts'))
opts['delay'] = math.max(0, due - firstCall)
redis.call('HSET', job, 'delay', opts['delay'], 'opts', cjson.encode(opts))
local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
redis.call('ZADD', marker, math.floor(tonumber(first[2]) / 4096), '1')
return id`;

interface Replacement {
  readonly client: RedisClient;
  readonly queue: Queue;
  /** The id of the new job. */
  readonly id: string;
  /** Whether calls that were made later may be on the queue already; ids tell which. */
  readonly isLate: boolean;
  readonly debounce: Debounced;
  /** The new job's data. */
  readonly data: unknown;
  /** BullMQ's number. */
  readonly priority: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Lets the job that waits under a debounce key have the new data; answers its id, or nothing when none waits. The same call
 * again is given to the same job.
 */
export const replaceDebounced = async ({
  client,
  queue,
  id: ownId,
  isLate,
  debounce,
  data,
  priority,
  nowMs,
}: Replacement): Promise<string | undefined> => {
  const prefix = queue.toKey('');
  const key = toDeduplicationId(debounce);
  const names = [`de:${key}`, 'delayed', 'prioritized', 'wait', 'marker', `replaced:${key}`];
  const keys = names.map((name) => prefix + name);
  const { windowMs, maxWaitMs = '' } = debounce;
  const times = [nowMs, windowMs, maxWaitMs];
  const id = await client.eval(
    REPLACE,
    keys.length,
    ...keys,
    prefix,
    JSON.stringify(data),
    priority,
    ...times,
    ownId,
    isLate ? 1 : 0,
  );
  return typeof id === 'string' ? id : undefined;
};
