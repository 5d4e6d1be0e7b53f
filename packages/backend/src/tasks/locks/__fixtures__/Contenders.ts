import { setTimeout as sleep } from 'node:timers/promises';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { type TaskLock } from '../TaskLock';

/** Some who want the same lock, each once. */
export interface ContendersOptions {
  readonly lock: TaskLock;
  readonly key: string;
  /** One contender for each. */
  readonly holders: readonly string[];
  /** The witness: counts, outside the lock, how many are inside. */
  readonly client: RedisClient;
  readonly counterKey: string;
}

/** Lets all contend until each has been inside once. Answers how many were inside whenever one entered: all 1, if locks work. */
export const contend = ({ holders, ...place }: ContendersOptions): Promise<number[]> =>
  Promise.all(holders.map((holder) => enterOnce({ ...place, holder })));

const enterOnce = async ({
  lock,
  key,
  holder,
  client,
  counterKey,
}: Omit<ContendersOptions, 'holders'> & { readonly holder: string }): Promise<number> => {
  // A lock has no queue to wait in, and tells nobody that it is free: whoever wants it asks again.
  while (!(await lock.acquire(key, holder, 60_000))._unsafeUnwrap()) await sleep(2);
  const insideCount = await client.incr(counterKey);
  // Long enough for those who wait to ask while somebody is inside.
  await sleep(3);
  await client.decr(counterKey);
  if (!(await lock.release(key, holder))._unsafeUnwrap()) throw new Error(`${holder} had lost the lock`);
  return insideCount;
};
