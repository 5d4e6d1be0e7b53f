import { type TaskBench } from './TaskBench';

/** Copies all that Redis has of a bench; calling the copy brings Redis back to it, as a failover to a replica that was behind does. */
export const copyQueues = async ({ redis, keys }: TaskBench): Promise<() => Promise<void>> => {
  const copied = await Promise.all(
    (await keys()).map(async (key) => ({
      key,
      dump: await redis.dumpBuffer(key),
      ttlMs: await redis.pttl(key),
    })),
  );
  return async () => {
    const back = redis.multi();
    for (const key of await keys()) back.del(key);
    for (const { key, dump, ttlMs } of copied)
      if (dump !== null) back.restore(key, Math.max(0, ttlMs), dump, 'REPLACE');
    await back.exec();
  };
};
