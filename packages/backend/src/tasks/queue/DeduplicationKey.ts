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

/**
 * Gives a job that has not begun new data and puts it off again. A job that has begun keeps its data and loses the key, so
 * that the next one is a job of its own. A delayed job's score is its time times 4096, as BullMQ's getDelayedScore has it.
 */
const REPLACE = `
local keyOfId, delayed, prioritized, wait, marker = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local prefix, data, priority = ARGV[1], ARGV[2], ARGV[3]
local now, windowMs, maxWaitMs = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local id = redis.call('GET', keyOfId)
if not id then return false end
local job = prefix .. id
local isDue = redis.call('ZSCORE', prioritized, id) or redis.call('LPOS', wait, id)
if not (isDue or redis.call('ZSCORE', delayed, id)) or tonumber(redis.call('HGET', job, 'ats') or '0') > 0 then
  redis.call('DEL', keyOfId)
  return false
end
redis.call('HSET', job, 'data', data, 'priority', priority)
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
  readonly debounce: Debounced;
  /** The new job's data. */
  readonly data: unknown;
  /** BullMQ's number. */
  readonly priority: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** Lets the job that waits under a debounce key have the new data; answers its id, or nothing when none waits. */
export const replaceDebounced = async ({
  client,
  queue,
  debounce,
  data,
  priority,
  nowMs,
}: Replacement): Promise<string | undefined> => {
  const prefix = queue.toKey('');
  const names = [`de:${toDeduplicationId(debounce)}`, 'delayed', 'prioritized', 'wait', 'marker'];
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
  );
  return typeof id === 'string' ? id : undefined;
};
