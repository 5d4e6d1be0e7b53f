import { type RedisClient } from '@backend/redis/createRedisClient';
import { type CancelRequest } from '../domain/CancelRequest';
import { END_AS_CANCELLED } from './CancelledTasks';

/**
 * As BullMQ's moveToFinished does it: only whoever has the lock ends a job, and gets the same codes when it has not. One
 * that is cancelled already, and that nobody took since, was cancelled by an earlier sending whose answer was lost.
 */
const MOVE = `${END_AS_CANCELLED}
local job, lock, active, stalled, cancelled = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local events, marker, wait, prioritized = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local id, token, takenCount, nowMs, reason = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local requestedAtMs, hasBegun, deduplicationPrefix = ARGV[6], ARGV[7] == '1', ARGV[8]
if redis.call('EXISTS', job) == 0 then return -1 end
if redis.call('ZSCORE', cancelled, id) and redis.call('HGET', job, 'ats') == takenCount then return 0 end
local holder = redis.call('GET', lock)
if holder ~= token then return holder and -6 or -2 end
redis.call('DEL', lock)
redis.call('SREM', stalled, id)
if redis.call('LREM', active, -1, id) < 1 then return -3 end
redis.call('HSETNX', job, 'cancelRequestedAt', requestedAtMs)
if hasBegun then redis.call('HINCRBY', job, 'atm', 1) end
local keys = { cancelled = cancelled, job = job, events = events }
endAsCancelled(keys, id, 'active', nowMs, reason, deduplicationPrefix)
if redis.call('LLEN', wait) > 0 or redis.call('ZCARD', prioritized) > 0 then redis.call('ZADD', marker, 0, '0') end
return 0`;

const KEYS = ['active', 'stalled', 'cancelled', 'events', 'marker', 'wait', 'prioritized'] as const;

interface RunningJob {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly jobId: string;
  readonly token: string;
  /** How often the job had been taken when it was delivered, this time included: BullMQ's `ats`. */
  readonly takenCount: number;
}

interface CancelledRun {
  readonly request: CancelRequest;
  /** Whether the handler began: then the attempt counts. */
  readonly hasBegun: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** Redis did not end the job; `code` is what BullMQ's own commands answer then. */
class MoveError extends Error {
  override readonly name = 'MoveError';
  readonly code: number;

  constructor(jobId: string, code: number) {
    super(`the job ${jobId} is not this delivery's any more (code ${code}). moveToCancelled`);
    this.code = code;
  }
}

/**
 * Ends a job that runs here as cancelled, and wakes whoever waits for the next one. Rejects as BullMQ's commands do when
 * the lock is not this delivery's; sent again it does nothing.
 */
export const moveToCancelled = async (
  { client, queueKey, jobId, token, takenCount }: RunningJob,
  { request, hasBegun, nowMs }: CancelledRun,
): Promise<void> => {
  const job = `${queueKey}:${jobId}`;
  const keys = [job, `${job}:lock`, ...KEYS.map((name) => `${queueKey}:${name}`)];
  const { requestedAt, reason = '' } = request;
  const run = [jobId, token, takenCount, nowMs, reason, requestedAt.getTime(), hasBegun ? 1 : 0];
  const code = Number(await client.eval(MOVE, keys.length, ...keys, ...run, `${queueKey}:de:`));
  if (code < 0) throw new MoveError(jobId, code);
};
