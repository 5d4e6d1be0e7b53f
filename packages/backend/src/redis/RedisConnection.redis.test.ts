import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { startLocalRedis } from './localRedis';
import { createRedisConnection } from './RedisConnection';

describe('createRedisConnection', () => {
  it.each(['producer', 'worker'] as const)(
    'refuses a database that does not exist, and does not go on in database 0, as a %s',
    async (role) => {
      await using redis = (
        await startLocalRedis({ appendOnly: false, dataDir: '.data/test' })
      )._unsafeUnwrap();
      const connection = createRedisConnection({ redisUrl: `${redis.url}/99`, role, logger: silentLogger });
      const ready = await connection.ready(400);

      expect(connection.isReady()).toBe(false);
      connection.close();
      expect(ready._unsafeUnwrapErr().message).toContain('the database in REDIS_URL does not exist');
    },
    20_000,
  );
});
