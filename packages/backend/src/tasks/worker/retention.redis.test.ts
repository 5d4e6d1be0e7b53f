import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { silentLogger } from '@backend/logger/silentLogger';
import { startLocalRedis } from '@backend/redis/localRedis';
import { createRedisConnection } from '@backend/redis/RedisConnection';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskInspector } from '../inspector/TaskInspector';
import { createTaskQueues } from '../queue/TaskQueues';
import { createTaskScheduler } from '../scheduler/TaskScheduler';
import { createRetentionSweeper } from './RetentionSweeper';
import { createTaskWorker } from './TaskWorker';

const shortLivedTask = defineTask({
  queueName: 'fixture:short-lived',
  schema: z.object({}),
  handler: async () => ok(),
  options: { retention: { completed: { ageMs: 1000 } } },
});

describe('createRetentionSweeper', () => {
  it('deletes what a queue that has gone quiet would keep for ever', async () => {
    await using redis = (await startLocalRedis({ appendOnly: false, dataDir: '.data' }))._unsafeUnwrap();
    const appConfig = parseAppConfig({ REDIS_URL: redis.url })._unsafeUnwrap();
    const parts = { tasks: [shortLivedTask], logger: silentLogger, appConfig };
    const worker = createTaskWorker(parts);
    const inspector = createTaskInspector(parts);
    const completedCount = async (): Promise<number> =>
      (await inspector.getQueueDepth(shortLivedTask.queueName))._unsafeUnwrap().completed;
    (await worker.start())._unsafeUnwrap();
    (await createTaskScheduler(parts).schedule(CorrelationId(), shortLivedTask, {}))._unsafeUnwrap();
    await until(async () => (await completedCount()) === 1);
    await worker.stop();

    const connection = createRedisConnection({ redisUrl: redis.url, role: 'worker', logger: silentLogger });
    const queues = createTaskQueues({
      client: connection.client,
      prefix: appConfig.queuePrefix,
      logger: silentLogger,
    });
    const logger = getMockedLogger();
    const sweeper = createRetentionSweeper({ tasks: [shortLivedTask], queues, logger });
    await until(async () => {
      await sweeper.sweep();
      return (await completedCount()) === 0;
    });
    expect(logger.warn).not.toHaveBeenCalled();
    sweeper.stop();
    connection.close();
    closeSharedConnections();
  });
});
