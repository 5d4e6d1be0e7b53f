import { type RedisClient } from '@backend/redis/createRedisClient';

/** The lock of one job, as one delivery of it holds it. */
export interface JobLock {
  /**
   * Takes a lock that has lapsed back, if the job is still on its list and nobody else has taken it meanwhile. Answers
   * whether the lock is held here now; rejects when Redis does not answer or refuses.
   */
  reclaim(): Promise<boolean>;
}

interface JobLockOptions {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly jobId: string;
  readonly token: string;
  readonly lockMs: number;
}

/** A job that is not active was put back, or has ended. */
const RECLAIM = `
local holder = redis.call('GET', KEYS[1])
if holder then return holder == ARGV[2] and 1 or 0 end
if not redis.call('LPOS', KEYS[2], ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

/** Creates the lock of a delivery; costs nothing before it is reclaimed. */
export const createJobLock = ({ client, queueKey, jobId, token, lockMs }: JobLockOptions): JobLock => ({
  reclaim: async () => {
    const keys = [`${queueKey}:${jobId}:lock`, `${queueKey}:active`];
    return (await client.eval(RECLAIM, keys.length, ...keys, jobId, token, lockMs)) === 1;
  },
});
