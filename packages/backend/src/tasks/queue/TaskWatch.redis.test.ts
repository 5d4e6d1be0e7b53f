import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { silentLogger } from '@backend/logger/silentLogger';
import { createRedisConnection } from '@backend/redis/RedisConnection';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { type TaskSighting } from '../domain/TaskSighting';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { createQueueAccess } from './QueueAccess';
import { waitForEnd } from './TaskEnds';
import { createTaskWatch } from './TaskWatch';

const toTask = (queueName: string) =>
  defineTask({ queueName, schema: z.object({ n: z.number() }), handler: async ({ n }) => ok(n) });

const [oneTask, otherTask] = [toTask('test:one'), toTask('test:other')];

const hourMs = 3_600_000;

/** A watch of its own, on connections of its own. */
const setup = async ({
  recheckMs = hourMs,
  user,
}: {
  readonly recheckMs?: number;
  /** Whose connection reads events. Default: the bench's. */
  readonly user?: string;
} = {}) => {
  const bench = await createTaskBench({ tasks: [oneTask, otherTask] });
  const { appConfig } = bench;
  const access = createQueueAccess({ logger: silentLogger, appConfig });
  const readerUrl = new URL(appConfig.redisUrl);
  if (user !== undefined) [readerUrl.username, readerUrl.password] = [user, 'secret'];
  const connect = () =>
    createRedisConnection({
      redisUrl: readerUrl.href,
      role: 'producer',
      logger: silentLogger,
      endsWithProcess: true,
    });
  const { connection } = access.open();
  const watch = createTaskWatch({ access, connection, connect, recheckMs });
  const readers = async (): Promise<readonly string[]> =>
    String(await bench.redis.client('LIST'))
      .split('\n')
      .filter((line) => line.includes('cmd=xread'));
  const wait = (task: typeof oneTask, id: TaskId) =>
    waitForEnd(watch, { taskName: task.queueName, id }, { timeoutMs: 20_000 });
  return {
    bench,
    watch,
    readers,
    wait,
    isRead: () => until(async () => (await readers()).length === 1),
    schedule: (task: typeof oneTask, options = {}) => bench.schedule(task, { n: 1 }, options),
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
};

/** Milliseconds that a promise takes. */
const timed = async (promise: Promise<unknown>): Promise<number> => {
  const startedAtMs = performance.now();
  await promise;
  return performance.now() - startedAtMs;
};

describe('createTaskWatch', () => {
  it('hears at once of a queue that is watched later', async () => {
    await using test = await setup();
    const [one, other] = [await test.schedule(oneTask), await test.schedule(otherTask)];
    void test.wait(oneTask, one);
    await test.isRead();
    const waiting = test.wait(otherTask, other);
    await test.bench.startWorker({ taskNames: ['test:other'] });

    expect(await timed(waiting)).toBeLessThan(1000);
    expect(await waiting).toEqual(ok({ kind: 'completed', value: 1 }));
    expect((await test.readers()).length).toBe(1);
  });

  it('hears again after its connection was cut', async () => {
    await using test = await setup();
    const id = await test.schedule(oneTask);
    const waiting = test.wait(oneTask, id);
    await test.isRead();
    const [, address = ''] = /addr=(\S+)/.exec((await test.readers())[0] ?? '') ?? [];
    await test.bench.redis.client('KILL', 'ADDR', address);
    await test.bench.startWorker();

    expect(await timed(waiting)).toBeLessThan(2000);
  });

  it('hears, if later, where it may not wake its own reads', async () => {
    const user = 'no-client';
    await using test = await setup({ user });
    const { redis } = test.bench;
    await redis.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '+@all', '-client');
    const [one, other] = [await test.schedule(oneTask), await test.schedule(otherTask)];
    void test.wait(oneTask, one);
    await test.isRead();
    const waiting = test.wait(otherTask, other);
    await test.bench.startWorker();

    expect(await timed(waiting)).toBeLessThan(4000);
    await redis.call('ACL', 'DELUSER', user);
  });

  it('looks every two seconds where it may read no events', async () => {
    const user = 'no-events';
    await using test = await setup({ user });
    const { redis } = test.bench;
    await redis.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '+@all', '-xread');
    const id = await test.schedule(oneTask);
    const looks: unknown[] = [];
    const watching = test.watch.watch(
      { taskName: 'test:one', id },
      { isCurious: false, onSighting: (sighting) => looks.push(sighting), onSilence: () => undefined },
    );
    const looking = until(async () => looks.length >= 4, 10_000);

    expect(await timed(looking)).toBeGreaterThan(1500);
    watching.stop();
    await redis.call('ACL', 'DELUSER', user);
  });

  it('looks for itself when nothing was told', async () => {
    await using test = await setup({ recheckMs: 20 });
    const id = await test.schedule(oneTask);
    const waiting = test.wait(oneTask, id);
    await test.isRead();
    await test.bench.redis.del(await test.bench.keys());

    expect(await waiting).toEqual(ok({ kind: 'removed' }));
  });

  it('looks at a task that somebody asked about while it was being looked at', async () => {
    await using test = await setup();
    const id = await test.schedule(oneTask);
    const sightings: (TaskSighting | undefined)[] = [];
    const watching = test.watch.watch(
      { taskName: 'test:one', id },
      { isCurious: false, onSighting: (sighting) => sightings.push(sighting), onSilence: () => undefined },
    );
    await until(async () => sightings.length === 1);
    watching.look();
    watching.look();
    await until(async () => sightings.length === 2);
    watching.stop();
    watching.look();
    await test.bench.redis.ping();

    expect(sightings).toEqual([1, 2].map(() => ({ status: 'pending', logCount: 0 })));
  });

  it('closes its connection a moment after the last watcher has left, and opens it for the next', async () => {
    await using test = await setup();
    const id = await test.schedule(oneTask, { delayMs: hourMs });
    const watcher = { isCurious: false, onSighting: () => undefined, onSilence: () => undefined };
    const watching = test.watch.watch({ taskName: 'test:one', id }, watcher);
    await test.isRead();
    watching.stop();
    await until(async () => (await test.readers()).length === 0);
    const waiting = test.wait(oneTask, id);
    await test.isRead();
    (await test.bench.inspector.cancel(id))._unsafeUnwrap();

    expect(await waiting).toEqual(ok({ kind: 'cancelled' }));
  });
});
