import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { startCuttingProxy } from '@backend/redis/__fixtures__/CuttingProxy';
import { createRedisConnection } from '@backend/redis/RedisConnection';
import { describeUnknown } from '@core/errors/describeUnknown';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskQueues } from '../queue/TaskQueues';
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

  it('does not spoil a queue that was made meanwhile', async () => {
    await using proxy = await startCuttingProxy({
      redisUrl: await testRedisUrl(),
      cuts: (connection) => connection === 1,
    });
    const connection = createRedisConnection({
      redisUrl: proxy.redisUrl,
      role: 'worker',
      logger: silentLogger,
    });
    const queues = createTaskQueues({ client: connection.client, prefix: 'test', logger: silentLogger });
    expect(await queues.get('first:connection').waitUntilReady().catch(describeUnknown)).toBe(
      'Connection is closed.',
    );
    await connection.ready(5000);

    expect(await queues.get('first:connection').getJobCountByTypes('wait')).toBe(0);
    connection.close();
  });
});
