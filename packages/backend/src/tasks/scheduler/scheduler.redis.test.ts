import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { parseAppConfig } from '@backend/config/AppConfig';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { silentLogger } from '@backend/logger/silentLogger';
import { findFreePort } from '@backend/redis/local/findFreePort';
import { probeRedis } from '@backend/redis/local/probeRedis';
import { type LocalRedis, startLocalRedis } from '@backend/redis/localRedis';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { Redis } from 'ioredis';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskInspector } from '../inspector/TaskInspector';
import { createTaskScheduler } from './TaskScheduler';

const task = defineTask({
  queueName: 'test:schedule',
  schema: z.looseObject({ n: z.number() }),
  handler: async ({ n }) => ok(n),
});

const anyTask = defineTask<unknown, unknown>({
  queueName: 'test:any',
  validator: (data) => ok(data),
  handler: async () => ok(),
});

/** What `schedule` promises to take at most, and what a busy machine adds; milliseconds. */
const DEADLINE_MS = 2000 + 500;

/** A Redis of our own on a port of its own, up from the beginning or later. */
const setup = async ({ isUp = true, extraArgs = [] as readonly string[] } = {}) => {
  const directory = await createTemporaryDirectory();
  const port = await findFreePort();
  let redis: LocalRedis | undefined;
  const start = async (): Promise<LocalRedis> => {
    const options = { appendOnly: false, dataDir: directory.path, port, extraArgs };
    redis = (await startLocalRedis(options))._unsafeUnwrap();
    return redis;
  };
  const isSilent = async () => (await probeRedis({ port, timeoutMs: 500 })) === undefined;
  if (isUp) await start();
  const redisUrl = `redis://127.0.0.1:${port}`;
  const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: redisUrl })._unsafeUnwrap();
  const parts = { logger: silentLogger, appConfig };
  const scheduler = createTaskScheduler(parts);
  const inspector = createTaskInspector({ ...parts, tasks: [task, anyTask] });
  const client = new Redis(redisUrl, { lazyConnect: true });
  client.on('error', () => undefined);
  return {
    parts,
    redisUrl,
    client,
    start,
    /** Whether nobody answers on the port, or a server that still loads. */
    isSilent,
    /** Ends Redis as a crash does. */
    kill: async (): Promise<void> => {
      process.kill(redis?.pid ?? 0, 'SIGKILL');
      await until(isSilent);
    },
    signal: (name: NodeJS.Signals): boolean => process.kill(redis?.pid ?? 0, name),
    schedule: (options: ScheduleOptions = {}) => scheduler.schedule(CorrelationId(), task, { n: 1 }, options),
    scheduler,
    pendingCount: async () => (await inspector.getQueueDepth(task.queueName))._unsafeUnwrap().pending,
    [Symbol.asyncDispose]: async () => {
      client.disconnect();
      closeSharedConnections();
      await redis?.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
};

const timed = async <T>(run: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> => {
  const startedAtMs = performance.now();
  const value = await run();
  return { value, ms: performance.now() - startedAtMs };
};

describe('createTaskScheduler', () => {
  it('called 10,000 times with one schedule each opens at most 2 connections', async () => {
    await using test = await setup();
    const clientCount = async (): Promise<number> =>
      String(await test.client.client('LIST'))
        .trim()
        .split('\n').length;
    const before = await clientCount();
    const ids = new Set<string>();
    let mostClients = 0;
    for (let batch = 0; batch < 10; batch += 1) {
      const scheduled = await Promise.all(
        Array.from({ length: 1000 }, (_, n) =>
          createTaskScheduler(test.parts).schedule(CorrelationId(), task, { n }),
        ),
      );
      for (const result of scheduled) ids.add(result._unsafeUnwrap().id);
      mostClients = Math.max(mostClients, await clientCount());
    }

    expect(mostClients - before).toBeLessThanOrEqual(2);
    expect(ids.size).toBe(10_000);
    expect(await test.pendingCount()).toBe(10_000);
  }, 60_000);
});

describe('schedule', () => {
  const cycle: Record<string, unknown> = { n: 1 };
  cycle['self'] = cycle;
  const payloads: [what: string, payload: unknown][] = [
    ['NaN', { n: Number.NaN }],
    ['Infinity', [Number.POSITIVE_INFINITY]],
    ['a BigInt', { n: 1n }],
    ['a function', { n: () => 1 }],
    ['a symbol', Symbol('s')],
    ['a cycle', cycle],
    ['undefined in an array', [undefined]],
    ['a hole in an array', Array(2)],
    ['an own __proto__ key', JSON.parse('{"__proto__":{"isAdmin":true}}')],
    ['a Map', new Map([[1, 2]])],
    ['an invalid date', { at: new Date(Number.NaN) }],
    ['more than 512 KiB', 'x'.repeat(512 * 1024)],
    ['a getter that throws', Object.defineProperty({}, 'n', { enumerable: true, get: () => raise() })],
  ];
  const options: [what: string, options: unknown][] = [
    ['a negative delay', { delayMs: -1 }],
    ['a delay as text', { delayMs: '1000' }],
    ['a delay of NaN', { delayMs: Number.NaN }],
    ['an endless delay', { delayMs: Number.POSITIVE_INFINITY }],
    ['half a millisecond', { delayMs: 0.5 }],
    ['a date as text', { at: '2030-01-01' }],
    ['an invalid date', { at: new Date('never') }],
    ['the year 33715', { at: new Date(1_001_001_001_001_000) }],
    ['a date long past', { at: new Date(0) }],
    ['delayMs and at', { delayMs: 1, at: new Date() }],
    ['no attempts', { maxAttempts: 0 }],
    ['attempts as text', { maxAttempts: '3' }],
    ['a priority of 101', { priority: 101 }],
    ['an unknown priority', { priority: 'urgent' }],
    ['no time at all', { timeoutMs: 0 }],
    ['a timeout longer than any timer', { timeoutMs: 2 ** 31 }],
    ['a backoff of -1', { backoffMs: -1 }],
    ['a user id that is none', { userId: 'root' }],
    ['metadata that is a list', { metadata: [1] }],
    ['metadata with a BigInt', { metadata: { n: 1n } }],
    ['an unknown option', { delayMS: 1000 }],
    ['options that are no object', 1000],
    ['options that are null', null],
  ];

  it('writes nothing for a payload or an option it refuses', async () => {
    await using test = await setup();
    await test.schedule();
    const before = await test.client.dbsize();
    const answers: [what: string, code: string][] = [];
    for (const [what, payload] of payloads) {
      const answer = await test.scheduler.schedule(CorrelationId(), anyTask, payload);
      answers.push([
        what,
        answer.match(
          () => 'ok',
          ({ code }) => code,
        ),
      ]);
    }
    for (const [what, given] of options) {
      const answer = await test.schedule(given as ScheduleOptions); // wrong on purpose
      answers.push([
        what,
        answer.match(
          () => 'ok',
          ({ code }) => code,
        ),
      ]);
    }

    expect(answers).toEqual([
      ...payloads.map(([what]): [string, string] => [what, 'invalid-payload']),
      ...options.map(([what]): [string, string] => [what, 'invalid-options']),
    ]);
    expect(await test.client.dbsize()).toBe(before);
    expect(await test.pendingCount()).toBe(1);
  });

  it('answers within its deadline when Redis was never up, and works as soon as it is', async () => {
    await using test = await setup({ isUp: false });
    const { value, ms } = await timed(() => test.schedule());
    const [error, other] = [value._unsafeUnwrapErr(), await test.schedule()];
    await test.start();

    expect(ms).toBeLessThan(DEADLINE_MS);
    expect(error).toMatchObject({ code: 'queue-unavailable', metadata: { isUnknown: false } });
    expect(error.message).toContain('ECONNREFUSED');
    expect(other.isErr()).toBe(true);
    expect((await test.schedule()).isOk()).toBe(true);
    // What was answered with err was never sent, and nothing sends it later.
    expect(await test.pendingCount()).toBe(1);
  }, 30_000);

  it('answers within its deadline when Redis goes down in between, and works when it is back', async () => {
    await using test = await setup();
    expect((await test.schedule()).isOk()).toBe(true);
    await test.kill();
    const { value, ms } = await timed(() => Promise.all(Array.from({ length: 50 }, () => test.schedule())));
    await test.start();

    expect(ms).toBeLessThan(DEADLINE_MS);
    expect(value.map((result) => result._unsafeUnwrapErr().code)).toEqual(
      value.map(() => 'queue-unavailable'),
    );
    expect((await test.schedule()).isOk()).toBe(true);
    expect(await test.pendingCount()).toBe(1); // the first one went with the Redis that kept nothing
  }, 30_000);

  it('waits for a Redis that is back before its deadline', async () => {
    await using test = await setup();
    expect((await test.schedule()).isOk()).toBe(true);
    await test.kill();
    const [scheduled] = await Promise.all([test.schedule(), test.start()]);

    expect(scheduled).toEqual(ok(expect.anything()) as never);
    expect(await test.pendingCount()).toBe(1);
  }, 30_000);

  it('says that it does not know when Redis swallows the task', async () => {
    await using test = await setup();
    expect((await test.schedule()).isOk()).toBe(true);
    test.signal('SIGSTOP');
    const { value, ms } = await timed(() => test.schedule());
    test.signal('SIGCONT');
    const error = value._unsafeUnwrapErr();

    expect(ms).toBeLessThan(DEADLINE_MS);
    expect(error).toMatchObject({ code: 'queue-unavailable', metadata: { isUnknown: true } });
    expect(error.message).toContain('did not confirm');
    expect((await test.schedule()).isOk()).toBe(true);
    // The swallowed one may have arrived, under the id that the error names; never twice.
    expect(await test.client.exists(`drover:{test.schedule}:${String(error.metadata['taskId'])}`)).toBe(1);
    expect(await test.pendingCount()).toBe(3);
  }, 30_000);

  const refusals: [why: string, args: string[], reason: string][] = [
    ['has no memory left', ['CONFIG', 'SET', 'maxmemory', '1'], 'OOM command not allowed'],
    [
      'is a read-only replica',
      ['REPLICAOF', '127.0.0.1', '1'],
      "READONLY You can't write against a read only replica",
    ],
    ['has too few replicas', ['CONFIG', 'SET', 'min-replicas-to-write', '1'], 'NOREPLICAS'],
  ];

  it.each(refusals)('says so at once when Redis %s', async (_why, [command = '', ...args], reason) => {
    await using test = await setup();
    expect((await test.schedule()).isOk()).toBe(true);
    await test.client.call(command, ...args);
    const { value, ms } = await timed(() => test.schedule());
    const error = value._unsafeUnwrapErr();

    expect(ms).toBeLessThan(500);
    expect(error).toMatchObject({ code: 'queue-unavailable', metadata: { isUnknown: false } });
    expect(error.message).toStartWith(
      `test:schedule could not be scheduled: Redis refused the task: ${reason}`,
    );
    expect(await test.pendingCount()).toBe(1);
  });

  it('answers within its deadline while Redis loads its data, over an old and a new connection', async () => {
    await using test = await setup({ extraArgs: ['--enable-debug-command', 'local'] });
    expect((await test.schedule()).isOk()).toBe(true);
    await test.client.call('DEBUG', 'POPULATE', '100000', 'filler', '100');
    await test.client.config('SET', 'key-load-delay', '100');
    await test.client.config('SET', 'loading-process-events-interval-bytes', '1024');
    test.client.call('DEBUG', 'RELOAD').catch(() => 'cut off when the test ends');
    await until(test.isSilent);
    const old = await timed(() => test.schedule());
    closeSharedConnections();
    const fresh = await timed(() => test.schedule());
    await test.kill();

    expect([old.ms, fresh.ms].filter((ms) => ms > DEADLINE_MS)).toEqual([]);
    const errors = [old, fresh].map(({ value }) => value._unsafeUnwrapErr());
    expect(errors.map(({ code, metadata }) => [code, metadata['isUnknown']])).toEqual([
      ['queue-unavailable', false],
      ['queue-unavailable', false],
    ]);
    expect(errors[0]?.message).toContain('Redis refused the task: LOADING');
    expect(errors[1]?.message).toContain('Redis is not reachable');
  }, 30_000);
});

const raise = (): never => {
  throw new Error('a getter threw');
};

describe('a script that schedules and does nothing else', () => {
  const script = join(import.meta.dir, '__fixtures__/scheduleOnce.ts');
  const run = async (redisUrl: string) => {
    const child = Bun.spawn([process.execPath, '--no-install', script], {
      env: { ...process.env, NODE_ENV: 'test', REDIS_URL: redisUrl },
      stdout: 'pipe',
      stderr: 'inherit',
      timeout: 10_000,
      killSignal: 'SIGKILL',
    });
    const printed = await new Response(child.stdout).text();
    return { code: await child.exited, printed: printed.trim() };
  };

  it('ends by itself', async () => {
    await using test = await setup();
    const { value, ms } = await timed(() => run(test.redisUrl));

    expect(value).toEqual({ code: 0, printed: 'scheduled' });
    expect(ms).toBeLessThan(3000);
    expect(await test.client.zcard('drover:{fixture.once}:prioritized')).toBe(1);
  }, 30_000);

  it('ends by itself when Redis is down', async () => {
    const { value, ms } = await timed(async () => run(`redis://127.0.0.1:${await findFreePort()}`));

    expect(value).toEqual({ code: 0, printed: 'queue-unavailable' });
    expect(ms).toBeLessThan(8000); // two seconds of silence, and a start on a busy machine
  }, 30_000);
});
