import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { createRedisConnection } from '@backend/redis/RedisConnection';
import { ok } from 'neverthrow';
import { checkReadiness, decideLagWarnings, decideReadiness } from './Readiness';

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

describe('decideLagWarnings', () => {
  const warningsOf = (count: number, [oldestMs, aheadMs]: readonly [number, number]) =>
    decideLagWarnings(ok({ count, oldestMs, aheadMs }));

  it('is silent while the lag is short', () => {
    expect(warningsOf(399, [30_000, 30_000])).toEqual([]);
  });

  it('says how long the first has waited', () => {
    expect([...warningsOf(2, [31_999, 0]), ...warningsOf(1, [3_600_000, 0])]).toEqual([
      '2 tasks of the ledger are not on their queues yet, the first for 31 s: drover recover says why',
      '1 task of the ledger is not on its queue yet, the first for 3600 s: drover recover says why',
    ]);
  });

  it('says of a clock that was ahead that it was, and not that tasks have waited', () => {
    expect(warningsOf(399, [0, 3_599_000])).toEqual([
      '399 tasks of the ledger are not on their queues yet, the last dated 3599 s ahead: a clock is, or was, wrong',
    ]);
  });

  it('says both when both are so', () => {
    expect(warningsOf(2, [31_000, 32_000])).toEqual([
      expect.stringContaining('the first for 31 s'),
      expect.stringContaining('the last dated 32 s ahead'),
    ]);
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
