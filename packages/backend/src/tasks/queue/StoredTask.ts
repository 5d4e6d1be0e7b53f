import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Queue } from 'bullmq';

/**
 * The sets and lists of a queue that hold the ids of its tasks; all are BullMQ's but `cancelled`. In the order in which
 * scripts get their keys: the first six have scores.
 */
export const TASK_SETS = [
  'completed',
  'failed',
  'cancelled',
  'delayed',
  'prioritized',
  'waiting-children',
  'active',
  'wait',
  'paused',
] as const;

/** Where a queue holds a task. */
export type TaskSet = (typeof TASK_SETS)[number];

/** What is read of a job's hash. `pb` is the worker, `atm` the attempts made, `stc` the stalls. */
const FIELDS = [
  'data',
  'timestamp',
  'atm',
  'attemptsMade',
  'stc',
  'processedOn',
  'finishedOn',
  'failedReason',
  'stacktrace',
  'returnvalue',
  'pb',
  'cancelRequestedAt',
  'cancelReason',
  'retriedAs',
  'retriedAt',
  'progress',
  'steps',
  'stepsChange',
] as const;

/** A field of a job's hash that is read. */
export type StoredField = (typeof FIELDS)[number] | 'logCount';

/** A task as Redis holds it at one moment. */
export interface StoredTask {
  readonly id: string;
  readonly set: TaskSet;
  /** Milliseconds since 1970; only in `delayed`. */
  readonly dueAtMs?: number;
  /** Fields of its hash; the absent ones are undefined. */
  readonly fields: Readonly<Partial<Record<StoredField, string>>>;
}

/** What `READ_TASK` answers for one task. */
export type TaskReply = readonly [set: TaskSet, place: string, fields: readonly (string | null)[]] | null;

/**
 * Lua: `readTask(id, job)` answers the set that holds a task, its score or index there, and fields of its hash; false when
 * no set does. Only what a set holds is read as a job, so that the name of another key never is.
 */
export const toReadTask = (fields: readonly StoredField[]): string => `
local sets = { '${TASK_SETS.join("', '")}' }
local function readTask(id, job)
  for index, set in ipairs(sets) do
    local place
    if index <= 6 then place = redis.call('ZSCORE', KEYS[index], id) else place = redis.call('LPOS', KEYS[index], id) end
    if place then
      if redis.call('EXISTS', job) == 0 then return false end
      return { set, tostring(place), redis.call('HMGET', job, '${fields.join("', '")}') }
    end
  end
  return false
end
`;

/** Lua: `readTask` with all that a record is made of. */
export const READ_TASK = toReadTask(FIELDS);

const READ_TASKS = `${READ_TASK}
local found = {}
for index, id in ipairs(ARGV) do found[index] = readTask(id, KEYS[#sets + index]) end
return found`;

/** The keys of `TASK_SETS`. */
export const toSetKeys = (queue: Pick<Queue, 'toKey'>): readonly string[] =>
  TASK_SETS.map((set) => queue.toKey(set));

/** Says whether a text may be the id of a job: another program's too, but never the name of a key of the queue. */
export const isJobId = (queue: Pick<Queue, 'keys'>, id: unknown): id is string =>
  typeof id === 'string' && !Object.hasOwn(queue.keys, id) && !(TASK_SETS as readonly string[]).includes(id);

/** BullMQ's score of a delayed job: its time, then twelve bits that keep the order of arrival. */
const SCORES_PER_MS = 4096;

/** The time of a score in `delayed`; milliseconds since 1970. */
export const toDueAtMs = (score: string): number => Math.floor(Number(score) / SCORES_PER_MS);

/** Translates what `READ_TASK`, or `toReadTask` with other fields, answered. */
export const toStoredTask = (
  id: string,
  reply: TaskReply,
  read: readonly StoredField[] = FIELDS,
): StoredTask | undefined => {
  if (reply === null) return undefined;
  const [set, place, values] = reply;
  const fields = Object.fromEntries(read.map((field, index) => [field, values[index] ?? undefined]));
  return { id, set, fields, ...(set === 'delayed' ? { dueAtMs: toDueAtMs(place) } : {}) };
};

interface StoredTasksRead {
  readonly client: RedisClient;
  readonly queue: Queue;
  readonly ids: readonly string[];
}

/**
 * Reads tasks of one queue, each with its set and its hash as they are at the same moment; `undefined` where the queue
 * holds no such task. One script for all of them: at most a few hundred at a time.
 */
export const readStoredTasks = async ({
  client,
  queue,
  ids,
}: StoredTasksRead): Promise<readonly (StoredTask | undefined)[]> => {
  const readable = ids.filter((id) => isJobId(queue, id));
  if (readable.length === 0) return ids.map(() => undefined);
  const keys = [...toSetKeys(queue), ...readable.map((id) => queue.toKey(id))];
  const replies = (await client.eval(READ_TASKS, keys.length, ...keys, ...readable)) as TaskReply[]; // what the script returns
  const found = new Map(readable.map((id, index) => [id, toStoredTask(id, replies[index] ?? null)]));
  return ids.map((id) => found.get(id));
};
