import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { silentLogger } from '@backend/logger/silentLogger';
import { call } from '@backend/tasks/domain/TaskChildren';
import { defineTask, type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { TaskError } from '@backend/tasks/domain/TaskError';
import { type TaskId } from '@backend/tasks/domain/TaskId';
import { type TaskStatus } from '@backend/tasks/domain/TaskStatus';
import { createTaskInspector } from '@backend/tasks/inspector/TaskInspector';
import { createTaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { createTaskWorker } from '@backend/tasks/worker/TaskWorker';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { type RedisServers, startCluster, startSentinel, startTlsServer } from './__fixtures__/RedisServers';
import { findFreePort } from './local/findFreePort';
import { startLocalRedis } from './localRedis';
import { closeSharedConnections } from './sharedRedis';

/** Fails once, then passes. */
const toTask = (queueName: string): TaskDefinition<{ n: number }> =>
  defineTask({
    queueName,
    schema: z.object({ n: z.number() }),
    handler: async ({ n }, { attempt }) => (attempt === 1 ? err(new TaskError('first')) : ok(n)),
    options: { backoffMs: 20 },
  });

const connectionCount = async (servers: RedisServers): Promise<number> => {
  const lists = await servers.onEach(async (client) => String(await client.client('LIST')));
  // Our own observer and the cluster's links to itself are no clients of the test.
  return lists.flatMap((list) => list.trim().split('\n')).length - lists.length;
};

interface ScriptRun {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a script that has to end by itself. */
const runScript = async ({ file, env }: ScriptRun) => {
  const child = Bun.spawn([process.execPath, '--no-install', join(import.meta.dir, file)], {
    env: { ...process.env, NODE_ENV: 'test', ...env },
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: 8000,
    killSignal: 'SIGKILL',
  });
  const [printed, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, printed: printed.trim(), complaint: complaint.trim() };
};

const ROUND_TRIP = { code: 0, printed: '{"status":"completed","value":{"n":7}}', complaint: '' };
const SCHEDULED = { code: 0, printed: 'scheduled', complaint: '' };
const SCHEDULE_ONCE = '../tasks/scheduler/__fixtures__/scheduleOnce.ts';

describe('a cluster', () => {
  it('holds each queue in one slot, and runs, retries and delays tasks on every node', async () => {
    await using cluster = await startCluster();
    const tasks = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) => toTask(`test:${name}`));
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: cluster.redisUrl })._unsafeUnwrap();
    const parts = { tasks, logger: silentLogger, appConfig };
    const before = await connectionCount(cluster);
    const scheduler = createTaskScheduler(parts);
    const inspector = createTaskInspector(parts);
    const worker = createTaskWorker(parts);
    (await worker.start())._unsafeUnwrap();
    const ids: TaskId[] = [];
    for (const task of tasks) {
      for (const delayMs of [0, 50]) {
        const scheduled = await scheduler.schedule(CorrelationId(), task, { n: 1 }, { delayMs });
        ids.push(scheduled._unsafeUnwrap().id);
      }
    }
    const record = async (id: TaskId) => (await inspector.getTask(id))._unsafeUnwrap();
    for (const id of ids) await until(async () => (await record(id)).status === 'completed');
    expect(await Promise.all(ids.map(async (id) => (await record(id)).attempt))).toEqual(ids.map(() => 2));

    const keys = await cluster.onEach((client) => client.keys('drover:*'));
    expect(keys.map((own) => own.length > 0)).toEqual([true, true, true]);
    const slotsByQueue = new Map<string, Set<unknown>>();
    await cluster.onEach(async (client, index) => {
      for (const key of keys[index] ?? []) {
        const queue = key.split(':')[1] ?? '';
        const slots = slotsByQueue.get(queue) ?? new Set();
        slotsByQueue.set(queue, slots.add(await client.cluster('KEYSLOT', key)));
      }
    });
    expect(slotsByQueue.delete('{tasks}')).toBe(true); // the set of all names
    expect([...slotsByQueue.keys()].toSorted()).toEqual(
      tasks.map(({ queueName }) => `{${queueName.replace(':', '.')}}`).toSorted(),
    );
    expect([...slotsByQueue.values()].map((slots) => slots.size)).toEqual(tasks.map(() => 1));

    await worker.stop();
    closeSharedConnections();
    await until(async () => (await connectionCount(cluster)) <= before);
    expect(
      await runScript({ file: '__fixtures__/roundTrip.ts', env: { REDIS_URL: cluster.redisUrl } }),
    ).toEqual(ROUND_TRIP);
    expect(await runScript({ file: SCHEDULE_ONCE, env: { REDIS_URL: cluster.redisUrl } })).toEqual(SCHEDULED);
  }, 60_000);
});

describe('handles on a cluster', () => {
  it('hear of ends and reports, whichever node holds their queue', async () => {
    await using cluster = await startCluster();
    const tasks = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) =>
      defineTask({
        queueName: `test:${name}`,
        schema: z.object({ n: z.number() }),
        handler: async ({ n }, ctx) => {
          await ctx.progress(n);
          return ok(n);
        },
      }),
    );
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: cluster.redisUrl })._unsafeUnwrap();
    const parts = { tasks, logger: silentLogger, appConfig };
    const scheduler = createTaskScheduler(parts);
    const worker = createTaskWorker(parts);
    const handles = await Promise.all(
      tasks.map(async (task, n) => (await scheduler.schedule(CorrelationId(), task, { n }))._unsafeUnwrap()),
    );
    const [first] = handles;
    const waiting = Promise.all(handles.map((handle) => handle.result()));
    const looking = Array.fromAsync(first?.events() ?? []);
    await until(async () => {
      const lists = await cluster.onEach(async (client) => String(await client.client('LIST')));
      return lists.join('').split('cmd=xread').length - 1 === handles.length;
    });
    (await worker.start())._unsafeUnwrap();
    const startedAtMs = performance.now();
    const results = await waiting;
    const told = await looking;

    // Heard, not found out by the look that is made every five seconds.
    expect(performance.now() - startedAtMs).toBeLessThan(4000);
    expect(results.map((result) => result._unsafeUnwrap())).toEqual([0, 1, 2, 3, 4, 5]);
    expect(told.at(-1)?.status).toBe('completed');
    await worker.stop();
    closeSharedConnections();
  }, 60_000);
});

describe('children on a cluster', () => {
  it('are run, heard of and cancelled, whichever node holds their queue', async () => {
    await using cluster = await startCluster();
    const schema = z.object({ n: z.number() });
    const parts = ['one', 'two', 'three', 'four'].map((name) =>
      defineTask({ queueName: `test:${name}`, schema, handler: async ({ n }) => ok(n) }),
    );
    const parentTask = defineTask({
      queueName: 'test:parent',
      schema,
      handler: async ({ n }, { children, attempt, taskId }) => {
        const results = await children.run(parts.map((task) => call(task, { n })));
        void children
          .run(parts.map((task) => call(task, { n: -1 }, { delayMs: 60_000 })))
          .catch(() => undefined);
        const delayed = async () =>
          (await inspector.getTasks({ status: 'scheduled', parentId: taskId }))._unsafeUnwrap().tasks;
        await until(async () => (await delayed()).length === parts.length);
        return attempt === 1 ? err(new TaskError('once more')) : ok(results.map((each) => each.unwrapOr(-1)));
      },
      options: { backoffMs: 0 },
    });
    const tasks: TaskDefinition<unknown>[] = [...parts, parentTask];
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: cluster.redisUrl })._unsafeUnwrap();
    const given = { tasks, logger: silentLogger, appConfig };
    const inspector = createTaskInspector(given);
    const worker = createTaskWorker({ ...given, concurrency: 1 });
    (await worker.start())._unsafeUnwrap();
    const scheduled = await createTaskScheduler(given).schedule(CorrelationId(), parentTask, { n: 5 });
    const value = (await scheduled._unsafeUnwrap().result())._unsafeUnwrap();
    const countOf = async (status: TaskStatus) =>
      (await inspector.getTasks({ status, parentId: scheduled._unsafeUnwrap().id }))._unsafeUnwrap().tasks
        .length;
    await until(async () => (await countOf('cancelled')) === 4);

    expect([value, await countOf('completed')]).toEqual([[5, 5, 5, 5], 4]);
    await worker.stop();
    closeSharedConnections();
  }, 60_000);
});

describe('an inspector on a cluster', () => {
  it('lists, counts, explains and cancels tasks, whichever node holds their queue', async () => {
    await using cluster = await startCluster();
    const tasks = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) => toTask(`test:${name}`));
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: cluster.redisUrl })._unsafeUnwrap();
    const parts = { tasks, logger: silentLogger, appConfig };
    const [scheduler, inspector] = [createTaskScheduler(parts), createTaskInspector(parts)];
    const worker = createTaskWorker(parts);
    (await worker.start())._unsafeUnwrap();
    const scheduleAll = (delayMs: number) =>
      Promise.all(
        tasks.map(async (task) =>
          (await scheduler.schedule(CorrelationId(), task, { n: 1 }, { delayMs }))._unsafeUnwrap(),
        ),
      );
    const done = await scheduleAll(0);
    const later = await scheduleAll(60_000);
    const depth = async () => (await inspector.getQueueDepth())._unsafeUnwrap();
    await until(async () => (await depth()).completed === done.length);
    const explained = await Promise.all(later.map(({ id }) => inspector.why(id)));
    const cancelled = await Promise.all(later.map(({ id }) => inspector.cancel(id)));
    const listed = (await inspector.getTasks())._unsafeUnwrap().tasks;
    const stats = (await inspector.getStats())._unsafeUnwrap();
    await worker.stop();
    closeSharedConnections();

    expect(explained.map((why) => why._unsafeUnwrap().facts[0].reason)).toEqual(later.map(() => 'delayed'));
    expect(cancelled.map((record) => record._unsafeUnwrap().status)).toEqual(later.map(() => 'cancelled'));
    expect(listed.map(({ id }) => id)).toEqual(
      [...done, ...later]
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    expect(stats.map(({ sampleCount, counts }) => [sampleCount, counts.cancelled])).toEqual(
      tasks.map(() => [1, 1]),
    );
  }, 60_000);
});

describe('a cluster or a sentinel that is not there', () => {
  it.each([
    ['cluster', 'redis://127.0.0.1:PORT,redis://localhost:PORT'],
    ['sentinel', 'redis+sentinel://127.0.0.1:PORT/main'],
  ])(
    '%s: a task is refused in time, and the process ends by itself',
    async (_kind, url) => {
      const redisUrl = url.replaceAll('PORT', String(await findFreePort()));
      const startedAtMs = performance.now();
      const run = await runScript({ file: SCHEDULE_ONCE, env: { REDIS_URL: redisUrl } });
      expect(run).toEqual({ ...SCHEDULED, printed: 'queue-unavailable' });
      // A cluster's last attempt to connect is waited for.
      expect(performance.now() - startedAtMs).toBeLessThan(8000);
    },
    20_000,
  );
});

describe('a cluster that loses a node', () => {
  it('refuses the tasks of that node alone, in time', async () => {
    await using cluster = await startCluster();
    const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: cluster.redisUrl })._unsafeUnwrap();
    const scheduler = createTaskScheduler({ logger: silentLogger, appConfig });
    const tasks = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) => toTask(`test:${name}`));
    const scheduleAll = () =>
      Promise.all(tasks.map((task) => scheduler.schedule(CorrelationId(), task, { n: 1 })));
    expect((await scheduleAll()).map((result) => result.isOk())).toEqual(tasks.map(() => true));
    const [, , lost] = cluster.servers;
    process.kill(lost?.pid ?? 0, 'SIGKILL');
    const startedAtMs = performance.now();
    const scheduled = await scheduleAll();

    expect(performance.now() - startedAtMs).toBeLessThan(2500);
    const errors = scheduled.filter((result) => result.isErr());
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThan(tasks.length);
    expect(errors.map((result) => result._unsafeUnwrapErr().code)).toEqual(
      errors.map(() => 'queue-unavailable'),
    );
    closeSharedConnections();
  }, 30_000);
});

describe('a sentinel', () => {
  it('leads to its master', async () => {
    await using sentinel = await startSentinel();
    const env = { REDIS_URL: sentinel.redisUrl };
    expect(await runScript({ file: '__fixtures__/roundTrip.ts', env })).toEqual(ROUND_TRIP);
    expect(await runScript({ file: SCHEDULE_ONCE, env })).toEqual(SCHEDULED);
    expect(await sentinel.onEach((client) => client.zcard('drover:{fixture.once}:prioritized'))).toEqual([1]);
  }, 30_000);
});

describe('a server with TLS', () => {
  it('is trusted by its certificate, and not without it', async () => {
    const tls = await startTlsServer();
    if (typeof tls === 'string') {
      console.warn(`skipped: ${tls}`);
      return;
    }
    await using server = tls;
    const env = { REDIS_URL: server.redisUrl };
    const trusting = { ...env, NODE_EXTRA_CA_CERTS: server.caFile };
    expect(await runScript({ file: '__fixtures__/roundTrip.ts', env: trusting })).toEqual(ROUND_TRIP);
    expect(await runScript({ file: SCHEDULE_ONCE, env: trusting })).toEqual(SCHEDULED);
    const { printed } = await runScript({ file: '__fixtures__/roundTrip.ts', env });
    expect(printed).toContain('self signed certificate');
  }, 30_000);
});

describe('the check of Redis when a worker starts', () => {
  const task = toTask('test:health');
  const setup = async (variables: Readonly<Record<string, string>> = {}) => {
    const redis = (
      await startLocalRedis({
        appendOnly: false,
        dataDir: '.data/test',
        extraArgs: ['--maxmemory-policy', 'allkeys-lru'],
      })
    )._unsafeUnwrap();
    const environment = { NODE_ENV: 'test', REDIS_URL: redis.url, ...variables };
    const logger = getMockedLogger();
    const worker = createTaskWorker({
      tasks: [task],
      logger,
      appConfig: parseAppConfig(environment)._unsafeUnwrap(),
    });
    return {
      environment,
      logger,
      worker,
      [Symbol.asyncDispose]: async () => {
        await worker.stop();
        await redis.stop();
      },
    };
  };

  const PROBLEMS = [
    'expected maxmemory-policy noeviction, got allkeys-lru: Redis may drop tasks when its memory is full',
    'expected appendonly yes, got no: a killed Redis forgets every task it has acknowledged since its last snapshot',
  ];

  it('says in one line each what could lose tasks, and starts', async () => {
    await using test = await setup();
    (await test.worker.start())._unsafeUnwrap();
    expect(test.logger.warn.mock.calls.map(([message]) => message)).toEqual(
      PROBLEMS.map((problem) => `Redis: ${problem}`),
    );
  });

  it('refuses under REDIS_STRICT with one message, and the process ends with 1', async () => {
    await using test = await setup({ REDIS_STRICT: 'true' });
    const message = `REDIS_STRICT refuses this Redis: ${PROBLEMS.join('; ')}`;
    const refused = await test.worker.start();
    expect(refused._unsafeUnwrapErr()).toMatchObject({ code: 'redis-unsafe', message });
    expect(test.worker.getStats().status).toBe('created');

    const { code, complaint } = await runScript({
      file: '../tasks/worker/__fixtures__/fixtureWorker.ts',
      env: test.environment,
    });
    expect({ code, complaint }).toEqual({ code: 1, complaint: message });
  });
});
