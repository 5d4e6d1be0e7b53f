import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Queue } from 'bullmq';
import { type EndedTask, type EndedTasks } from '../domain/EndedTasks';
import { toDueAtMs } from './StoredTask';

/** The times of a queue's tasks, as far as Redis keeps them. */
export interface QueueTimes {
  readonly completed: EndedTasks;
  readonly failed: EndedTasks;
  /** Since when the oldest task waits that could run now; milliseconds since 1970. */
  readonly oldestDueAtMs?: number;
}

/** Tasks of each kind that are looked at: the newest. */
export const SAMPLE_LIMIT = 1000;

const FIELDS = `'timestamp', 'opts', 'processedOn', 'ats'`;

/** The value stays in Redis, which looks for the word before it reads the JSON: results may be large. */
const IS_SKIPPED = `
local function isSkipped(text)
  if not text or not string.find(text, '"skipped"', 1, true) then return 0 end
  local isJson, value = pcall(cjson.decode, text)
  if not isJson or type(value) ~= 'table' then return 0 end
  return value.status == 'skipped' and type(value.reason) == 'string' and 1 or 0
end`;

/** Newest first, with one more than the limit, to tell whether there are more. */
const READ_ENDED = `${IS_SKIPPED}
local jobPrefix, sinceMs, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local found = redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', sinceMs, 'WITHSCORES', 'LIMIT', 0, limit + 1)
local tasks = {}
for index = 1, math.min(#found, 2 * limit), 2 do
  local job = jobPrefix .. found[index]
  local isRetried = redis.call('HEXISTS', job, 'stacktrace')
  local skipped = isSkipped(redis.call('HGET', job, 'returnvalue'))
  table.insert(tasks, { found[index + 1], isRetried, redis.call('HMGET', job, ${FIELDS}), skipped })
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return { tasks, #found > 2 * limit and 1 or 0, redis.call('ZCARD', KEYS[1]), oldest[2] or false }`;

/**
 * The first task of each priority, of which there are at most 101 unless another program adds jobs; both ends of the
 * lists; and the first delayed one, which may be overdue. BullMQ's score of a priority is the priority times 2^32.
 */
const READ_OLDEST = `
local ids, from = {}, '-inf'
for _ = 1, 200 do
  local first = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if #first == 0 then break end
  table.insert(ids, first[1])
  from = string.format('%.0f', (math.floor(tonumber(first[2]) / 4294967296) + 1) * 4294967296)
end
for index = 2, 3 do
  for _, place in ipairs({ 0, -1 }) do
    local id = redis.call('LINDEX', KEYS[index], place)
    if id then table.insert(ids, id) end
  end
end
local tasks = {}
for _, id in ipairs(ids) do table.insert(tasks, redis.call('HMGET', ARGV[1] .. id, ${FIELDS})) end
local delayed = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
return { tasks, delayed[2] or false }`;

type TimeFields = readonly [
  timestamp: string | null,
  options: string | null,
  processedOn: string | null,
  takenCount: string | null,
];

type EndedReply = readonly [
  tasks: readonly (readonly [endedAt: string, hasStack: number, fields: TimeFields, isSkipped: number])[],
  isCut: number,
  keptCount: number,
  oldest: string | null,
];

interface QueueTimesRead {
  readonly client: RedisClient;
  readonly queue: Queue;
  /** Tasks that ended before are left out; milliseconds since 1970. */
  readonly sinceMs: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** Reads the times of a queue's tasks: the newest 1,000 of each kind that have ended, and the oldest that waits. */
export const readQueueTimes = async (read: QueueTimesRead): Promise<QueueTimes> => {
  const [completed, failed, oldestDueAtMs] = await Promise.all([
    readEnded(read, 'completed'),
    readEnded(read, 'failed'),
    readOldestDueAt(read),
  ]);
  return { completed, failed, ...(oldestDueAtMs === undefined ? {} : { oldestDueAtMs }) };
};

const readEnded = async (
  { client, queue, sinceMs }: QueueTimesRead,
  kind: 'completed' | 'failed',
): Promise<EndedTasks> => {
  const reply = await client.eval(READ_ENDED, 1, queue.toKey(kind), queue.toKey(''), sinceMs, SAMPLE_LIMIT);
  const [tasks, isCut, keptCount, oldest] = reply as EndedReply; // what the script returns
  return {
    newest: tasks.map(([endedAt, hasStack, fields, isSkipped]) =>
      toEndedTask({
        endedAt,
        fields,
        isRetried: kind === 'completed' && hasStack === 1,
        isSkipped: isSkipped === 1,
      }),
    ),
    isCut: isCut === 1,
    keptCount,
    ...(oldest === null ? {} : { oldestKeptAtMs: Number(oldest) }),
  };
};

interface EndedFields {
  readonly endedAt: string;
  readonly fields: TimeFields;
  /** Whether an earlier attempt failed, also one before the board put the task back. */
  readonly isRetried: boolean;
  readonly isSkipped: boolean;
}

const toEndedTask = ({ endedAt, fields, isRetried, isSkipped }: EndedFields): EndedTask => {
  const [timestamp, options, processedOn, takenCount] = fields;
  const isFirst = takenCount === '1' && !isRetried;
  return {
    endedAtMs: Number(endedAt),
    isSkipped,
    ...(processedOn === null ? {} : { startedAtMs: Number(processedOn) }),
    ...(isFirst && timestamp !== null ? { dueAtMs: Number(timestamp) + delayOf(options) } : {}),
  };
};

const delayOf = (options: string | null): number => {
  try {
    const { delay = 0 }: { readonly delay?: unknown } = JSON.parse(options ?? '{}');
    return typeof delay === 'number' ? delay : 0;
  } catch {
    // Another program's job: as good as not delayed.
    return 0;
  }
};

const readOldestDueAt = async ({ client, queue, nowMs }: QueueTimesRead): Promise<number | undefined> => {
  const keys = ['prioritized', 'wait', 'paused', 'delayed'].map((set) => queue.toKey(set));
  const reply = await client.eval(READ_OLDEST, keys.length, ...keys, queue.toKey(''));
  const [tasks, delayedScore] = reply as [TimeFields[], string | null]; // what the script returns
  const overdue = delayedScore === null ? [] : [toDueAtMs(delayedScore)];
  const times = [...tasks.flatMap(waitsSince), ...overdue.filter((dueAtMs) => dueAtMs <= nowMs)];
  return times.length === 0 ? undefined : Math.min(...times);
};

/** Redis does not keep when a task came back: it waits since its last attempt began, at the longest. */
const waitsSince = ([timestamp, options, processedOn]: TimeFields): readonly number[] => {
  if (processedOn !== null) return [Number(processedOn)];
  return timestamp === null ? [] : [Number(timestamp) + delayOf(options)];
};
