import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { silentLogger } from '@backend/logger/silentLogger';
import { startLocalRedis } from '@backend/redis/localRedis';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskScheduler } from '../scheduler/TaskScheduler';
import { createTaskWorker } from './TaskWorker';

const taskNamed = (queueName: string) =>
  defineTask({ queueName, schema: z.object({}), handler: async () => ok() });

describe('a worker', () => {
  it('says at its start which tasks wait under a name that no definition has', async () => {
    await using redis = (await startLocalRedis({ appendOnly: false, dataDir: '.data/test' }))._unsafeUnwrap();
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: redis.url })._unsafeUnwrap();
    const scheduler = createTaskScheduler({ logger: silentLogger, appConfig });
    for (const name of ['orders:old-name', 'orders:old-name', 'orders:new-name']) {
      (await scheduler.schedule(CorrelationId(), taskNamed(name), {}))._unsafeUnwrap();
    }
    const logger = getMockedLogger();
    const worker = createTaskWorker({ tasks: [taskNamed('orders:new-name')], logger, appConfig });
    (await worker.start())._unsafeUnwrap();
    const lines = () => logger.warn.mock.calls.filter(([message]) => message.startsWith('Tasks wait'));
    await until(async () => lines().length > 0);
    await worker.stop();
    closeSharedConnections();

    expect(lines()).toEqual([
      [
        'Tasks wait whose name no definition has: register it, or nobody runs them',
        { taskName: 'orders:old-name', unfinishedCount: 2 },
      ],
    ]);
  }, 20_000);
});
