import { createHash } from 'node:crypto';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { type TaskId } from '../domain/TaskId';
import { insist } from './insist';
import { type JobLock } from './JobLock';
import { parseJson } from './TaskRecordReader';

/** A child as it is written down with its parent. */
export interface StoredChild {
  readonly id: TaskId;
  readonly name: string;
  /** Attempts of the parent that had failed when the child was made. */
  readonly round: number;
  /** How it ended, once its parent has heard of that. */
  readonly end?: 'completed' | 'failed' | 'cancelled' | 'removed';
  /** JSON of its value; only when it has completed, and absent when that is `undefined` or too large. */
  readonly value?: string;
}

/** A child that a parent is about to have. */
export interface ChildClaim {
  /** What tells it from the parent's other children: its hash, and how many had the same one before. */
  readonly key: string;
  readonly child: StoredChild;
}

/** The children of one task, on the hash of its job: they are deleted with it. */
export interface ChildStore {
  /**
   * Writes children down before they are scheduled. Answers those that are written down after it, in order: one that was
   * there before stays, unless it has failed and its round was an earlier one.
   */
  claim(claims: readonly ChildClaim[], signal: AbortSignal): Promise<readonly StoredChild[]>;
  /** Writes down what became of children. */
  note(children: readonly ChildClaim[], signal: AbortSignal): Promise<void>;
  /** Lists the children whose end is not written down; none when the job is gone. Whoever has the job. */
  listUnended(): Promise<readonly StoredChild[]>;
}

/** The job is not this delivery's any more: another worker has it. */
export class TakenJobError extends Error {
  override readonly name = 'TakenJobError';
}

/** What marks the fields of children on the hash of their parent's job. */
export const CHILD_PREFIX = 'child:';

/** Tells children of one parent apart: by task and payload. Hashed, since a caller's text never becomes a part of a key. */
export const toChildHash = (taskName: string, payload: unknown): string =>
  createHash('sha256')
    .update(`${taskName}\n${JSON.stringify(payload) ?? ''}`)
    .digest('base64url')
    .slice(0, 22);

/** Lua that says of a child's field, which is compact JSON, whether the child has completed. */
export const IS_COMPLETED_CHILD = `
local function isCompletedChild(text) return string.find(text, '"end":"completed"', 1, true) ~= nil end`;

/** A child that failed in an earlier round gives way to a new one. */
const CLAIM = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('EXISTS', KEYS[2]) == 0 then return false end
local found = {}
for index = 2, #ARGV, 3 do
  local field, round, fresh = ARGV[index], tonumber(ARGV[index + 1]), ARGV[index + 2]
  local kept = redis.call('HGET', KEYS[2], field)
  if kept then
    local child = cjson.decode(kept)
    if child['end'] and child['end'] ~= 'completed' and child['round'] < round then kept = false end
  end
  if not kept then redis.call('HSET', KEYS[2], field, fresh) end
  found[#found + 1] = kept or fresh
end
return found`;

const NOTE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('EXISTS', KEYS[2]) == 0 then return false end
for index = 2, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[index], ARGV[index + 1]) end
return 1`;

interface ChildStoreOptions {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly jobId: string;
  /** The lock of the newest delivery. */
  lock(): JobLock;
  /** Redis answers, but refuses for now. */
  onRefused(error: Error): void;
  /** A command failed for another reason. */
  onError(error: Error): void;
}

/**
 * Creates the store of one delivery; costs nothing before it is used. While Redis is away or refuses it asks again, until
 * the signal is aborted. Its methods reject with `TakenJobError`, and as Redis does once the signal is aborted.
 */
export const createChildStore = ({
  client,
  queueKey,
  jobId,
  lock,
  onRefused,
  onError,
}: ChildStoreOptions): ChildStore => {
  const job = `${queueKey}:${jobId}`;
  const send = (script: string, rest: readonly (string | number)[], signal: AbortSignal): Promise<unknown> =>
    insist(() => client.eval(script, 2, `${job}:lock`, job, lock().token, ...rest), {
      signal,
      onRefused,
      onError,
    });
  const run = async (script: string, rest: readonly (string | number)[], signal: AbortSignal) => {
    const reply = await send(script, rest, signal);
    if (reply !== null) return reply;
    // A lock that lapsed while Redis was away is taken back, once.
    const state = await insist(() => lock().reclaim(), { signal, onRefused, onError });
    const again = state === 'held' ? await send(script, rest, signal) : null;
    if (again === null) throw new TakenJobError(`another worker has the task ${jobId}`);
    return again;
  };
  return {
    claim: async (claims, signal) => {
      const rest = claims.flatMap(({ key, child }) => [
        CHILD_PREFIX + key,
        child.round,
        JSON.stringify(child),
      ]);
      const found = (await run(CLAIM, rest, signal)) as readonly string[]; // the script answers one for each claim
      return found.map((text) => JSON.parse(text) as StoredChild); // written by claim or note
    },
    note: async (children, signal) => {
      const fields = children.flatMap(({ key, child }) => [CHILD_PREFIX + key, JSON.stringify(child)]);
      await run(NOTE, fields, signal);
    },
    listUnended: () => listUnendedChildren({ client, queueKey, jobId }),
  };
};

const LIST = `
local texts = {}
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, #ARGV[1]) == ARGV[1] then texts[#texts + 1] = redis.call('HGET', KEYS[1], field) end
end
return texts`;

interface ChildrenList {
  readonly client: RedisClient;
  readonly queueKey: string;
  readonly jobId: string;
}

/** Lists the children of a task whose end is not written down; none when the task is gone. */
export const listUnendedChildren = async ({
  client,
  queueKey,
  jobId,
}: ChildrenList): Promise<readonly StoredChild[]> => {
  const texts = (await client.eval(LIST, 1, `${queueKey}:${jobId}`, CHILD_PREFIX)) as readonly string[]; // the script's answer
  return texts
    .map((text) => parseJson(text, undefined))
    .filter(
      (child): child is StoredChild => typeof child === 'object' && child !== null && !('end' in child),
    );
};
