import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { startCluster } from '@backend/redis/__fixtures__/RedisServers';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { createTaskLock } from './TaskLock';

describe('TaskLock on a cluster', () => {
  it('holds on every node', async () => {
    await using cluster = await startCluster();
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: cluster.redisUrl })._unsafeUnwrap();
    const lock = createTaskLock({ logger: silentLogger, appConfig });
    const keys = Array.from({ length: 30 }, (_, index) => `report ${index}`);
    const askAll = async (ask: (key: string) => ReturnType<typeof lock.release>): Promise<unknown[]> => {
      const answers = (await Promise.all(keys.map(ask))).map((answer) => answer._unsafeUnwrap());
      return [...new Set(answers)];
    };

    expect(await askAll((key) => lock.acquire(key, 'ada', 60_000))).toEqual([true]);
    const stored = await cluster.onEach((client) => client.keys('drover:{lock:*'));
    expect(stored.map((own) => own.length > 0)).toEqual([true, true, true]);
    expect(stored.flat()).toHaveLength(keys.length);
    expect(await askAll((key) => lock.acquire(key, 'bob', 60_000))).toEqual([false]);
    expect(await askAll((key) => lock.extend(key, 'ada', 60_000))).toEqual([true]);
    expect(await askAll((key) => lock.release(key, 'ada'))).toEqual([true]);
    expect(await askAll((key) => lock.isHeld(key))).toEqual([false]);
    closeSharedConnections();
  }, 60_000);
});
