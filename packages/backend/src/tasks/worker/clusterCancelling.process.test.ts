import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { startCluster } from '@backend/redis/__fixtures__/RedisServers';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskInspector } from '../inspector/TaskInspector';
import { createTaskScheduler } from '../scheduler/TaskScheduler';
import { createTaskWorker } from './TaskWorker';

describe('cancelling tasks that run on a cluster', () => {
  it('stops those of queues on every node at once', async () => {
    await using cluster = await startCluster();
    const begun: string[] = [];
    const tasks = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) =>
      defineTask({
        queueName: `test:${name}`,
        schema: z.object({}),
        handler: async (_payload, { signal }) => {
          begun.push(name);
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return ok();
        },
      }),
    );
    const appConfig = parseAppConfig({
      NODE_ENV: 'test',
      REDIS_URL: cluster.redisUrl,
      WORKER_STALLED_INTERVAL_MS: '10000', // only the call can be heard of in time
    })._unsafeUnwrap();
    const parts = { tasks, logger: silentLogger, appConfig };
    const worker = createTaskWorker(parts);
    (await worker.start())._unsafeUnwrap();
    const scheduler = createTaskScheduler(parts);
    const inspector = createTaskInspector(parts);
    const handles = await Promise.all(
      tasks.map(async (task) => (await scheduler.schedule(CorrelationId(), task, {}))._unsafeUnwrap()),
    );
    await until(async () => begun.length === 6);
    const asked = await Promise.all(handles.map((handle) => handle.cancel('no longer wanted')));
    await until(async () => (await inspector.getQueueDepth())._unsafeUnwrap().cancelled === 6, 5000);

    expect(asked.map((answer) => answer._unsafeUnwrap().status)).toEqual(tasks.map(() => 'running'));
    await worker.stop();
    closeSharedConnections();
  }, 60_000);
});
