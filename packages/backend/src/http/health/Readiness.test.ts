import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { createRedisConnection } from '@backend/redis/RedisConnection';
import { checkReadiness, decideReadiness } from './Readiness';

const worker = { connectionId: '1', workerId: 'worker-1', address: '10.0.0.7:50001', ageSeconds: 3 };

describe('decideReadiness', () => {
  it('is ready when every task has a worker', () => {
    expect(decideReadiness(['emails:send'], new Map([['emails:send', [worker]]]))).toEqual({
      status: 'ready',
      problems: [],
      warnings: [],
    });
  });

  it('names each task without a worker', () => {
    const presence = new Map([['users:export-data', [worker]]]);

    expect(decideReadiness(['emails:send', 'users:export-data', 'billing:charge-card'], presence)).toEqual({
      status: 'not-ready',
      problems: [
        'no worker takes emails:send: start the worker (in development: make dev-worker)',
        'no worker takes billing:charge-card: start the worker (in development: make dev-worker)',
      ],
      warnings: [],
    });
  });
});

describe('checkReadiness', () => {
  it('says that Redis is not reachable, and why', async () => {
    // Port 1 is reserved, and nothing listens there.
    const connection = createRedisConnection({
      redisUrl: 'redis://127.0.0.1:1',
      role: 'producer',
      logger: silentLogger,
    });
    const readiness = await checkReadiness({
      tasksEnabled: true,
      connection,
      prefix: 'drover',
      taskNames: ['emails:send'],
      redisDeadlineMs: 50,
    });
    connection.close();

    expect(readiness).toEqual({
      status: 'not-ready',
      problems: [
        'Redis is not reachable: nothing answers at the REDIS_URL redis://127.0.0.1:1 (connect ECONNREFUSED 127.0.0.1:1)',
      ],
      warnings: [],
    });
  });
});
