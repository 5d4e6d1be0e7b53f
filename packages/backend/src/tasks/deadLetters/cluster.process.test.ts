import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { startCluster } from '@backend/redis/__fixtures__/RedisServers';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createTaskScheduler } from '../scheduler/TaskScheduler';
import { createTaskWorker } from '../worker/TaskWorker';
import { createDeadLetterQueue } from './DeadLetterQueue';

describe('a dead letter queue on a cluster', () => {
  it('lists, retries and purges letters of queues on every node', async () => {
    await using cluster = await startCluster();
    const tasks = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) =>
      defineTask({
        queueName: `test:${name}`,
        schema: z.object({}),
        handler: async () => err(TaskError.fatal('broken')),
      }),
    );
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: cluster.redisUrl })._unsafeUnwrap();
    const parts = { tasks, logger: silentLogger, appConfig };
    const worker = createTaskWorker(parts);
    (await worker.start())._unsafeUnwrap();
    const scheduler = createTaskScheduler(parts);
    for (const task of tasks) (await scheduler.schedule(CorrelationId(), task, {}))._unsafeUnwrap();
    const letters = createDeadLetterQueue(parts);
    const count = async () => (await letters.count())._unsafeUnwrap();
    await until(async () => (await count()) === 6);

    const names = (await letters.list())._unsafeUnwrap().map(({ name }) => name);
    expect(names.toSorted()).toEqual(tasks.map(({ queueName }) => queueName).toSorted());
    expect((await letters.retryAll())._unsafeUnwrap()).toEqual({ retriedCount: 6, skippedCount: 0 });
    await until(async () => (await count()) === 12);
    expect((await letters.purge(0))._unsafeUnwrap()).toBe(12);
    await worker.stop();
    closeSharedConnections();
  }, 60_000);

  it('retries letters with their finished steps, whichever node holds them', async () => {
    await using cluster = await startCluster();
    const charges: string[] = [];
    const state = { isBroken: true };
    const tasks = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) =>
      defineTask({
        queueName: `test:${name}`,
        schema: z.object({}),
        handler: async (_payload, { step }) => {
          await step('charge', () => void charges.push(name));
          return state.isBroken ? err(TaskError.fatal('broken')) : ok();
        },
      }),
    );
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: cluster.redisUrl })._unsafeUnwrap();
    const parts = { tasks, logger: silentLogger, appConfig };
    const worker = createTaskWorker(parts);
    (await worker.start())._unsafeUnwrap();
    const scheduler = createTaskScheduler(parts);
    for (const task of tasks) (await scheduler.schedule(CorrelationId(), task, {}))._unsafeUnwrap();
    const letters = createDeadLetterQueue(parts);
    await until(async () => (await letters.count())._unsafeUnwrap() === 6);
    state.isBroken = false;
    expect((await letters.retryAll())._unsafeUnwrap()).toEqual({ retriedCount: 6, skippedCount: 0 });
    await until(async () => worker.getStats().processedCount === 12);

    expect(charges.toSorted()).toEqual(['five', 'four', 'one', 'six', 'three', 'two']);
    expect((await letters.count())._unsafeUnwrap()).toBe(6);
    await worker.stop();
    closeSharedConnections();
  }, 60_000);
});
