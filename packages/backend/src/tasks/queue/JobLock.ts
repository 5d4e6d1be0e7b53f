import { type RedisClient } from '@backend/redis/createRedisClient';

/**
 * Whose a job is.
 *
 * - `held`: this delivery's, from now on for a whole lock time; one that had lapsed was taken back.
 * - `ended`: nobody's: this delivery has settled it, and only did not hear so.
 * - `taken`: it was put back, or another delivery has it or has settled it, or it was cancelled since.
 */
export type LockState = 'held' | 'ended' | 'taken';

/** The lock of one job, as one delivery of it holds it. */
export interface JobLock {
  /** What the lock holds while it is this delivery's. */
  readonly token: string;
  /** Takes a lock that has lapsed back, unless the job was taken again since. Rejects when Redis does not answer or refuses. */
  reclaim(): Promise<LockState>;
  /** Writes how often the job crashed, if the lock is held. Returns whether it was; rejects as `reclaim` does. */
  writeCrashCount(crashCount: number): Promise<boolean>;
}

interface JobLockOptions {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly jobId: string;
  readonly token: string;
  /** How often the job had been taken when it was delivered, this time included: BullMQ's `ats`. */
  readonly takenCount: number;
  readonly lockMs: number;
}

/** `ats` grows with each delivery: as long as it is ours, nobody has taken the job since. */
const RECLAIM = `
local lock, active, job, cancelled = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, token, lockMs, takenCount = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local holder = redis.call('GET', lock)
if holder == token then
  redis.call('PEXPIRE', lock, lockMs)
  return 'held'
end
if holder or redis.call('HGET', job, 'ats') ~= takenCount then return 'taken' end
if redis.call('ZSCORE', cancelled, id) then return 'taken' end
if redis.call('HEXISTS', job, 'finishedOn') == 1 then return 'ended' end
if not redis.call('LPOS', active, id) then return 'taken' end
redis.call('SET', lock, token, 'PX', lockMs)
return 'held'`;

/** `stc` is BullMQ's count of stalls, which its moveStalledJobsToWait writes. */
const WRITE_CRASH_COUNT = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], 'stc', ARGV[2])
return 1`;

/** Creates the lock of a delivery; costs nothing before it is reclaimed. */
export const createJobLock = ({
  client,
  queueKey,
  jobId,
  token,
  takenCount,
  lockMs,
}: JobLockOptions): JobLock => {
  const job = `${queueKey}:${jobId}`;
  const lock = `${job}:lock`;
  return {
    token,
    reclaim: async () => {
      const keys = [lock, `${queueKey}:active`, job, `${queueKey}:cancelled`];
      return (await client.eval(
        RECLAIM,
        keys.length,
        ...keys,
        jobId,
        token,
        lockMs,
        takenCount,
      )) as LockState; // the script's three answers
    },
    writeCrashCount: async (crashCount) =>
      (await client.eval(WRITE_CRASH_COUNT, 2, lock, job, token, crashCount)) === 1,
  };
};
