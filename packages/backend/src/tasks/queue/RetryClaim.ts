import { type RedisClient } from '@backend/redis/createRedisClient';
import { type TaskId } from '../domain/TaskId';
import { CHILD_PREFIX, IS_COMPLETED_CHILD } from './ChildStore';
import { STEP_PREFIX, STEPS_FIELD } from './StepFields';
import { parseJson } from './TaskRecordReader';

/**
 * What a failed or cancelled job says of its retry: the task that does it again, since when (milliseconds since 1970) that
 * task is on the queue, and when somebody last began to put it there.
 */
export const RETRY_FIELDS = ['retriedAs', 'retriedAt', 'retryClaimedAt'] as const;

/** What became of a claim. */
export type RetryClaim =
  /** The caller is to put the task on the queue under this id, and then to close the claim. */
  | {
      readonly kind: 'claimed';
      readonly id: TaskId;
      readonly data: unknown;
      readonly jobPriority: number;
      /** The fields of the job's finished steps and completed children, names and values in turn; empty when they are not kept. */
      readonly stepFields: readonly string[];
      /** Whether another call had claimed it for this id before, and got no further: the task may be on the queue. */
      readonly wasBegun: boolean;
    }
  /** Somebody else is about to. */
  | { readonly kind: 'held' }
  | { readonly kind: 'retried'; readonly id: TaskId }
  /** The job is neither failed nor cancelled, or gone. */
  | { readonly kind: 'absent' };

interface ClaimTarget {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  /** The failed or cancelled job. */
  readonly jobId: string;
  /** The id of the task that does it again, unless an open claim names another. */
  readonly newId: TaskId;
}

/** A claim that was never closed keeps its id: the job may be on the queue under it. */
const CLAIM = `${IS_COMPLETED_CHILD}
local id, newId, isForced, claimMs = ARGV[2], ARGV[3], ARGV[4] == '1', tonumber(ARGV[5])
local keepsSteps = ARGV[6] == '1'
if not (redis.call('ZSCORE', KEYS[1], id) or redis.call('ZSCORE', KEYS[2], id)) then return { 'absent' } end
local job = ARGV[1] .. id
local stored = redis.call('HMGET', job, 'data', 'priority', 'retriedAs', 'retriedAt', 'retryClaimedAt')
local data, priority, retriedAs, retriedAt, claimedAt = unpack(stored)
if not data then return { 'absent' } end
if retriedAt and not isForced then return { 'retried', retriedAs } end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wasBegun = retriedAs and not retriedAt
if wasBegun then
  local heldMs = now - tonumber(claimedAt or 0)
  if heldMs >= 0 and heldMs < claimMs then return { 'held' } end
  newId = retriedAs
end
redis.call('HDEL', job, 'retriedAt')
redis.call('HSET', job, 'retriedAs', newId, 'retryClaimedAt', string.format('%.0f', now))
local function isKept(field, value)
  if string.sub(field, 1, ${CHILD_PREFIX.length}) == '${CHILD_PREFIX}' then
    return isCompletedChild(value)
  end
  return field == '${STEPS_FIELD}' or string.sub(field, 1, ${STEP_PREFIX.length}) == '${STEP_PREFIX}'
end
local kept = {}
if keepsSteps then
  local all = redis.call('HGETALL', job)
  for index = 1, #all, 2 do
    if isKept(all[index], all[index + 1]) then
      kept[#kept + 1] = all[index]
      kept[#kept + 1] = all[index + 1]
    end
  end
end
return { 'claimed', newId, data, priority or '0', kept, wasBegun and 1 or 0 }`;

/** Nothing is written to a job that was deleted, or claimed anew, meanwhile. */
const CLOSE = `
if redis.call('HGET', KEYS[1], 'retriedAs') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'retriedAt', ARGV[2])
redis.call('HDEL', KEYS[1], 'retryClaimedAt')
return 1`;

/** How a job is claimed. */
export interface ClaimRule {
  /** Claims anew what was retried before. */
  readonly isForced: boolean;
  /** How long another claim is its holder's alone, who may have died; milliseconds. */
  readonly claimMs: number;
  /** Whether the new task is to have the finished steps and completed children of the old one. */
  readonly keepsSteps: boolean;
}

/** Claims the retry of a job: of rivals, however many, one at a time puts the new task on the queue. */
export const claimRetry = async (
  { client, queueKey, jobId, newId }: ClaimTarget,
  { isForced, claimMs, keepsSteps }: ClaimRule,
): Promise<RetryClaim> => {
  const keys = [`${queueKey}:failed`, `${queueKey}:cancelled`] as const;
  const [force, keep] = [isForced, keepsSteps].map((flag) => (flag ? '1' : '0'));
  const args = [`${queueKey}:`, jobId, newId, force ?? '', claimMs, keep ?? ''];
  return toClaim((await client.eval(CLAIM, 2, ...keys, ...args)) as ClaimReply);
};

/** What the script answers. */
type ClaimReply = readonly [
  kind: string,
  id?: string,
  data?: string,
  priority?: string,
  stepFields?: readonly string[],
  wasBegun?: number,
];

const toClaim = ([
  kind,
  id = '',
  data = '',
  priority = '0',
  stepFields = [],
  wasBegun = 0,
]: ClaimReply): RetryClaim => {
  switch (kind) {
    case 'claimed':
      return {
        kind,
        id: id as TaskId,
        data: parseJson(data, data),
        jobPriority: Number(priority),
        stepFields,
        wasBegun: wasBegun === 1,
      };
    case 'retried':
      return { kind, id: id as TaskId };
    case 'held':
      return { kind };
    default:
      return { kind: 'absent' };
  }
};

/** Notes that the new task is on the queue. */
export const closeRetryClaim = async (
  { client, queueKey, jobId, newId }: ClaimTarget,
  nowMs: number,
): Promise<void> => {
  await client.eval(CLOSE, 1, `${queueKey}:${jobId}`, newId, nowMs);
};
