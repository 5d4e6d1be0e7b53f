import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { startLocalRedis } from '@backend/redis/localRedis';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createRecurringSchedules } from '../recurring/RecurringSchedules';
import { createLedgerTaskBench } from './__fixtures__/LedgerTaskBench';
import { createTaskBench, loggedLines } from './__fixtures__/TaskBench';

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

describe('an attempt whose task Redis has lost while it ran', () => {
  it('ends in its line when the ledger has its end, and is not said to be discarded', async () => {
    const gate = Promise.withResolvers<void>();
    const waiting = defineTask({
      queueName: 'test:waiting',
      schema: z.object({ n: z.number() }),
      handler: async ({ n }) => {
        await gate.promise;
        return ok(n);
      },
    });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [waiting] });
    const { bench } = setup;
    await bench.startWorker();
    const ids = await Promise.all([1, 2].map((n) => bench.schedule(waiting, { n })));
    for (const id of ids) await bench.reaches(id, 'running');
    await bench.redis.del(await bench.keys());
    gate.resolve();
    await until(async () => ids.every((id) => bench.messages(id).length > 0));

    expect(ids.map((id) => bench.messages(id))).toEqual([['Task completed'], ['Task completed']]);
    expect(await Promise.all(ids.map((id) => setup.attempts(id)))).toEqual([
      [[1, 'completed']],
      [[1, 'completed']],
    ]);
    const late = loggedLines(bench.logger).find(({ message }) => message.startsWith('A run lost its lock'));
    expect(late?.message).toBe('A run lost its lock; the ledger alone knows what it came to');
  });
});
