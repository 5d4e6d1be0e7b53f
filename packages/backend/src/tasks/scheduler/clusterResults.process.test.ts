import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { type RedisServers, startCluster } from '@backend/redis/__fixtures__/RedisServers';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskWorker } from '../worker/TaskWorker';
import { createTaskScheduler } from './TaskScheduler';

/** Connections of the cluster that read events now. */
const readerCount = async (cluster: RedisServers): Promise<number> => {
  const lists = await cluster.onEach(async (client) => String(await client.client('LIST')));
  return lists.join('\n').match(/cmd=xread/g)?.length ?? 0;
};

describe('results on a cluster', () => {
  it('come from queues on every node, and no connection of another one is woken for them', async () => {
    await using cluster = await startCluster();
    const tasks = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) =>
      defineTask({ queueName: `test:${name}`, schema: z.object({}), handler: async () => ok(name) }),
    );
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: cluster.redisUrl })._unsafeUnwrap();
    const parts = { tasks, logger: silentLogger, appConfig };
    const scheduler = createTaskScheduler(parts);
    const handles = await Promise.all(
      tasks.map(async (task) => (await scheduler.schedule(CorrelationId(), task, {}))._unsafeUnwrap()),
    );
    const early = await Promise.all(handles.map((handle) => handle.result({ timeoutMs: 500 })));
    await until(async () => (await readerCount(cluster)) === 0);
    const waiting = Promise.all(handles.map((handle) => handle.result()));
    await until(async () => (await readerCount(cluster)) === 6);
    const worker = createTaskWorker(parts);
    (await worker.start())._unsafeUnwrap();
    const results = await waiting;
    await until(async () => (await readerCount(cluster)) === 0);
    const statistics = await cluster.onEach((client) => client.info('commandstats'));

    expect(early.map((result) => result._unsafeUnwrapErr().code)).toEqual(tasks.map(() => 'timed-out'));
    expect(results.map((result) => `test:${result._unsafeUnwrap()}`)).toEqual(
      tasks.map(({ queueName }) => queueName),
    );
    expect(statistics.filter((text) => text.includes('client|unblock'))).toEqual([]);
    await worker.stop();
    closeSharedConnections();
  }, 60_000);
});
