import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { startCuttingProxy } from '@backend/redis/__fixtures__/CuttingProxy';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskBench, testRedisUrl } from './__fixtures__/TaskBench';

const task = defineTask({
  queueName: 'first:connection',
  schema: z.object({}),
  handler: async () => ok('done'),
});

describe('a connection that breaks at its first use', () => {
  it('does not keep a worker from taking tasks', async () => {
    // The bench's, the worker's, and the one that BullMQ makes of that to wait for tasks.
    await using proxy = await startCuttingProxy({
      redisUrl: await testRedisUrl(),
      cuts: (connection) => connection === 3,
    });
    await using bench = await createTaskBench({ tasks: [task], env: { REDIS_URL: proxy.redisUrl } });
    await bench.startWorker();
    const id = await bench.schedule(task, {});

    expect((await bench.ended(id)).status).toBe('completed');
  });

  it('does not keep a process from scheduling', async () => {
    let questionCount = 0;
    await using proxy = await startCuttingProxy({
      redisUrl: await testRedisUrl(),
      cuts: (_connection, sent) => {
        if (!/\binfo\b/i.test(sent)) return false;
        questionCount += 1;
        // The client asks first whether Redis is ready; the second question is BullMQ's.
        return questionCount === 2;
      },
    });
    await using bench = await createTaskBench({ tasks: [task], env: { REDIS_URL: proxy.redisUrl } });
    const schedule = () => bench.scheduler.schedule(CorrelationId(), task, {});

    await until(async () => (await schedule()).isOk());

    expect(questionCount).toBeGreaterThan(2);
  });
});
