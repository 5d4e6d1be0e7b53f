import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { startLocalRedis } from '@backend/redis/localRedis';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createRecurringSchedules } from '../recurring/RecurringSchedules';
import { createTaskBench } from './__fixtures__/TaskBench';

const task = defineTask({
  queueName: 'test:limited',
  schema: z.object({}),
  handler: async () => ok(),
  options: { maxConcurrency: 3, recurring: { everyMs: 3_600_000, payload: {} } },
});

describe('a worker whose Redis has lost its data', () => {
  it('writes the limits and the recurring schedules of its definitions again', async () => {
    await using directory = await createTemporaryDirectory();
    const redis = (await startLocalRedis({ appendOnly: false, dataDir: directory.path }))._unsafeUnwrap();
    {
      const env = { REDIS_URL: redis.url, WORKER_STALLED_INTERVAL_MS: '60' };
      await using bench = await createTaskBench({ tasks: [task], env });
      const recurring = createRecurringSchedules({ tasks: [task], ...bench });
      const state = async () => ({
        maxConcurrency: await bench.redis.hget(bench.queue(task).toKey('meta'), 'concurrency'),
        scheduleIds: (await recurring.list())._unsafeUnwrap().map(({ id }) => String(id)),
      });
      const whole = { maxConcurrency: '3', scheduleIds: ['test:limited'] };
      const isWhole = async () => Bun.deepEquals(await state(), whole);
      await bench.startWorker();
      await until(isWhole);
      await bench.redis.flushall();
      expect((await state()).scheduleIds).toEqual([]);

      await until(isWhole);
    }
    await redis.stop();
  });
});
