import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { createTaskBench, type TaskBench } from '../worker/__fixtures__/TaskBench';

const sumTask = defineTask({
  queueName: 'test:sum',
  schema: z.object({ a: z.number(), b: z.number() }),
  output: z.object({ sum: z.number() }),
  handler: async ({ a, b }) => ok({ sum: a + b }),
});

const failTask = defineTask({
  queueName: 'test:fail',
  schema: z.object({ isFatal: z.boolean() }),
  handler: async ({ isFatal }) =>
    err(isFatal ? TaskError.fatal('no such page', { page: 7 }) : new TaskError('the server is down')),
  options: { maxAttempts: 2, backoffMs: 0 },
});

/** Kept for no moment. */
const fleetingTask = defineTask({
  queueName: 'test:fleeting',
  schema: z.object({ n: z.number() }),
  handler: async ({ n }) => (n < 0 ? err(TaskError.fatal('negative')) : ok({ n })),
  options: { retention: { completed: { count: 0 }, failed: { count: 0 } } },
});

const tasks = [sumTask, failTask, fleetingTask];

const setup = (env: Readonly<Record<string, string>> = {}) => createTaskBench({ tasks, env });

const scheduleSum = async ({ scheduler }: TaskBench, options = {}) =>
  (await scheduler.schedule(CorrelationId(), sumTask, { a: 1, b: 2 }, options))._unsafeUnwrap();

/** Connections that block for events, as Redis lists them. */
const readerCount = async ({ redis }: TaskBench): Promise<number> =>
  String(await redis.client('LIST'))
    .split('\n')
    .filter((line) => line.includes('cmd=xread')).length;

describe('result', () => {
  it('is what the handler gave, for whoever waited and for who asks later', async () => {
    await using bench = await setup();
    const handle = await scheduleSum(bench);
    const waiting = handle.result();
    await until(async () => (await readerCount(bench)) === 1);
    await bench.startWorker();
    const startedAtMs = performance.now();
    const result = await waiting;
    const waitedMs = performance.now() - startedAtMs;
    const sum: number = result._unsafeUnwrap().sum; // typed by the output
    const later = await bench.scheduler.handle(sumTask, handle.id).result({ timeoutMs: 0 });

    expect([sum, later._unsafeUnwrap()]).toEqual([3, { sum: 3 }]);
    // Heard, not found out by the look that is made every five seconds.
    expect(waitedMs).toBeLessThan(2000);
    expect({ ...handle }).toEqual({
      id: handle.id,
      taskName: 'test:sum',
      correlationId: handle.correlationId,
      disposition: 'created',
    } as typeof handle);
  });

  it('says why a task failed, after all its attempts or for good', async () => {
    await using bench = await setup();
    await bench.startWorker();
    const schedule = async (isFatal: boolean) =>
      (await bench.scheduler.schedule(CorrelationId(), failTask, { isFatal }))._unsafeUnwrap();
    const errors = await Promise.all(
      [false, true].map(async (isFatal) => (await (await schedule(isFatal)).result())._unsafeUnwrapErr()),
    );

    expect(errors.map(({ code, failure }) => ({ code, failure }))).toEqual([
      {
        code: 'failed',
        failure: { message: 'the server is down', code: 'task-failed', reason: 'exhausted', attempt: 2 },
      },
      {
        code: 'failed',
        failure: {
          message: 'no such page',
          code: 'fatal',
          reason: 'fatal',
          attempt: 1,
          metadata: { page: 7 },
        },
      },
    ]);
  });

  it('names the task that does a failed one again', async () => {
    await using bench = await setup();
    await bench.startWorker();
    const id = await bench.schedule(failTask, { isFatal: true });
    await bench.reaches(id, 'failed');
    const retriedAs = (await bench.inspector.retry(id))._unsafeUnwrap();
    const error = (await bench.scheduler.handle(failTask, id).result())._unsafeUnwrapErr();

    expect([error.code, error.metadata]).toEqual(['failed', { retriedAs }]);
  });

  it('says that a task was cancelled, and why, at once', async () => {
    await using bench = await setup();
    const handle = await scheduleSum(bench, { delayMs: 600_000 });
    const waiting = handle.result();
    await until(async () => (await readerCount(bench)) === 1);
    const cancelledAtMs = performance.now();
    (await bench.inspector.cancel(handle.id, 'withdrawn'))._unsafeUnwrap();
    const error = (await waiting)._unsafeUnwrapErr();

    expect([error.code, error.metadata]).toEqual(['cancelled', { reason: 'withdrawn' }]);
    // Heard, not found out by the look that is made every five seconds.
    expect(performance.now() - cancelledAtMs).toBeLessThan(2000);
  });

  it('says that a task expired', async () => {
    await using bench = await setup();
    const handle = await scheduleSum(bench, { expiresInMs: 1 });
    await bench.redis.ping();
    await bench.startWorker();

    expect((await handle.result())._unsafeUnwrapErr()).toMatchObject({
      code: 'expired',
      failure: { code: 'expired', reason: 'expired' },
    });
  });

  it('says that Redis holds no such task', async () => {
    await using bench = await setup();
    const handle = bench.scheduler.handle(sumTask, TaskId());
    const errors = [await handle.result(), await handle.status(), await handle.progress()].map((answer) =>
      answer._unsafeUnwrapErr(),
    );

    expect(errors.map(({ code }) => code)).toEqual(['removed', 'removed', 'removed']);
  });

  it('hears the end of a task that is deleted with it', async () => {
    await using bench = await setup({ LEDGER_URL: 'off' }); // which would know it longer
    const schedule = async (n: number) =>
      (await bench.scheduler.schedule(CorrelationId(), fleetingTask, { n }))._unsafeUnwrap();
    const handles = [await schedule(1), await schedule(-1)];
    const waiting = Promise.all(handles.map((handle) => handle.result()));
    await until(async () => (await readerCount(bench)) === 1);
    await bench.startWorker();
    const [completed, failed] = await waiting;

    expect(completed?._unsafeUnwrap()).toEqual({ n: 1 });
    expect(failed?._unsafeUnwrapErr()).toMatchObject({ code: 'failed', failure: { message: 'negative' } });
    expect(await handles[0]?.status()).toMatchObject({ error: { code: 'removed' } });
  });

  it('says when the time is over, and the task goes on', async () => {
    await using bench = await setup();
    const handle = await scheduleSum(bench);
    const startedAtMs = performance.now();
    const answers = [await handle.result({ timeoutMs: 0 }), await handle.result({ timeoutMs: 50 })];
    const waitedMs = performance.now() - startedAtMs;
    const errors = answers.map((answer) => answer._unsafeUnwrapErr());
    await bench.startWorker();

    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['timed-out', `the task ${handle.id} of test:sum has not ended within 0 ms; it goes on`],
      ['timed-out', `the task ${handle.id} of test:sum has not ended within 50 ms; it goes on`],
    ]);
    expect(waitedMs).toBeWithin(50, 2000);
    expect((await handle.result())._unsafeUnwrap()).toEqual({ sum: 3 });
  });

  it('refuses wrong calls before it asks Redis', async () => {
    await using bench = await setup();
    const handle = await scheduleSum(bench);
    const wrongId = bench.scheduler.handle(sumTask, 'meta');
    const answers = [
      await handle.result({ timeoutMs: -1 }),
      await wrongId.result(),
      await wrongId.status(),
      await wrongId.progress(),
    ];

    expect(
      answers.map((answer) => answer._unsafeUnwrapErr()).map(({ code, message }) => [code, message]),
    ).toEqual([
      [
        'invalid-options',
        'the call about a task of "test:sum" is refused: expected timeoutMs to be an integer from 0 to 2147483647, got -1',
      ],
      ...[1, 2, 3].map(() => [
        'invalid-options',
        'the call about a task of "test:sum" is refused: expected id to be a task id, got "meta"',
      ]),
    ]);
  });

  it('takes one connection for a thousand waits over two queues, and closes it after the last', async () => {
    await using bench = await setup();
    const schedule = async (n: number) =>
      n % 2 === 0
        ? scheduleSum(bench)
        : (await bench.scheduler.schedule(CorrelationId(), fleetingTask, { n }))._unsafeUnwrap();
    const handles = await Promise.all(Array.from({ length: 1000 }, (_, n) => schedule(n)));
    const clientCount = async () =>
      String(await bench.redis.client('LIST'))
        .trim()
        .split('\n').length;
    const before = await clientCount();
    const waiting = Promise.all(handles.map((handle) => handle.result()));
    await until(async () => (await readerCount(bench)) === 1);
    const during = await clientCount();
    await bench.startWorker();
    const results = await waiting;

    expect(during - before).toBe(1);
    expect(results.filter((result) => result.isErr())).toEqual([]);
    await until(async () => (await readerCount(bench)) === 0);
  }, 30_000);

  it('ends when the connections of the process are closed', async () => {
    await using bench = await setup();
    const handle = await scheduleSum(bench);
    const waiting = handle.result();
    await until(async () => (await readerCount(bench)) === 1);
    closeSharedConnections();

    expect((await waiting)._unsafeUnwrapErr()).toMatchObject({
      code: 'queue-unavailable',
      message: `nothing could be learnt of the task ${handle.id} of test:sum: the connections of this process were closed`,
    });
    expect((await handle.status())._unsafeUnwrap()).toBe('pending');
  });

  it('costs a task nothing that nobody waits for', async () => {
    await using bench = await setup();
    await bench.startWorker();
    const { id } = await scheduleSum(bench);
    await bench.reaches(id, 'completed');

    expect(await readerCount(bench)).toBe(0);
    expect(await bench.redis.hexists(bench.queue(sumTask).toKey(id), 'logCount')).toBe(0);
  });
});

describe('status', () => {
  it('says where the task is', async () => {
    await using bench = await setup();
    const handle = await scheduleSum(bench, { delayMs: 100 });
    const before = await handle.status();
    await bench.startWorker();
    await handle.result();

    expect([before._unsafeUnwrap(), (await handle.status())._unsafeUnwrap()]).toEqual([
      'scheduled',
      'completed',
    ]);
  });
});
