import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { ResourceToken, resolveFrom } from '../domain/ResourceToken';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { runTask } from './runTask';
import { createTestContext } from './TestContext';
import { TestingError } from './TestingError';

const taskWith = (handler: (context: TaskContext) => unknown) =>
  defineTask({
    queueName: 'files:import',
    schema: z.object({}),
    handler: async (_payload, context) => handler(context) as never, // what the test says
    options: { maxAttempts: 5 },
  });

const reporting = taskWith(async (ctx) => {
  await ctx.progress({ done: 1, at: new Date(0) });
  await ctx.log(`line ${'x'.repeat(2000)}`);
  return ok(ctx.attempt);
});

const noted = {
  progress: [{ done: 1, at: '1970-01-01T00:00:00.000Z' }],
  log: [`line ${'x'.repeat(995)}`],
  steps: [],
  scheduled: [],
};

describe('createTestContext', () => {
  it('takes notes of a direct call', async () => {
    const logger = getMockedLogger();
    const ctx = createTestContext({ logger, attempt: 2 });
    const result = await reporting.handler({}, ctx);

    expect(result._unsafeUnwrap() as unknown).toBe(2);
    expect(ctx.recorded).toEqual(noted);
    expect(logger.info).toHaveBeenCalledTimes(1);
  });

  it('takes notes of runTask, and leaves to the definition what the test did not ask for', async () => {
    const ctx = createTestContext();
    const seen: TaskContext[] = [];
    await runTask(
      taskWith((context) => {
        seen.push(context);
        return reporting.handler({}, context);
      }),
      {},
      ctx,
    );

    expect(ctx.recorded).toEqual(noted);
    expect(seen[0]).toMatchObject({ taskName: 'files:import', attempt: 1, maxAttempts: 5 });
  });

  it('gives children its resources and its logger', async () => {
    const rateToken = ResourceToken<number>('rate');
    const logger = getMockedLogger();
    const child = taskWith(({ resolve, logger: own }) => {
      own.info('Converting');
      return ok(resolve(rateToken));
    });
    const ctx = createTestContext({ logger, resolve: resolveFrom([[rateToken, 7]]) });
    const [result] = await ctx.children.run([[child, {}]]);

    expect(result).toEqual(ok(7) as never);
    expect(logger.info.mock.calls.map(([message]) => message)).toContain('Converting');
  });

  it.each(['runTask', 'a direct call'])('keeps finished steps for the next attempt: %s', async (way) => {
    const done: string[] = [];
    const ctx = createTestContext();
    const task = taskWith(async ({ step }) => {
      const key = await step('charge', ({ idempotencyKey }) => {
        done.push('charged');
        return idempotencyKey;
      });
      await step('mail', () => {
        done.push('mailed');
        if (done.length === 2) throw new Error('SMTP is down');
      });
      return ok(key);
    });
    const run = () =>
      way === 'runTask' ? runTask(task, {}, ctx) : task.handler({}, ctx).catch(() => undefined as never);
    await run();
    await run();

    expect(done).toEqual(['charged', 'mailed', 'mailed']);
    expect(ctx.recorded.steps.map(({ name, value }) => [name, value])).toEqual([
      ['charge', expect.stringMatching(/^[0-9a-f-]{36}$/)],
      ['mail', undefined],
    ] as never);
  });

  it.each(['runTask', 'a direct call'])(
    'notes what is scheduled, and runs children that are waited for: %s',
    async (way) => {
      const ran: string[] = [];
      const other = defineTask({
        queueName: 'files:index',
        schema: z.object({ name: z.string() }),
        handler: ({ name }) => {
          ran.push(name);
          return name === 'c' ? err(TaskError.fatal('empty')) : ok(name);
        },
      });
      const task = taskWith(async ({ schedule, children }) => {
        (await schedule(other, { name: 'a' }))._unsafeUnwrap();
        const results = await children.run([
          [other, { name: 'b' }, { delayMs: 60_000 }],
          [other, { name: 'c' }],
        ]);
        return ok(results.map((result) => (result.isOk() ? result.value : result.error.code)));
      });
      const ctx = createTestContext();
      const value =
        way === 'runTask'
          ? await runTask(task, {}, ctx)
          : { kind: 'completed', value: (await task.handler({}, ctx))._unsafeUnwrap() };

      expect(value as unknown).toEqual({ kind: 'completed', value: ['b', 'failed'] });
      expect(ctx.recorded.scheduled.map(({ payload, parentId }) => [payload, parentId])).toEqual(
        ['a', 'b', 'c'].map((name) => [{ name }, ctx.taskId]),
      );
      expect(ran.toSorted()).toEqual(['a', 'b', 'c']);
    },
  );

  it.each(['runTask', 'a direct call'])(
    'has a next attempt, which goes on with the task: %s',
    async (way) => {
      const ran: string[] = [];
      const other = defineTask({
        queueName: 'files:index',
        schema: z.object({ name: z.string() }),
        handler: ({ name }) => {
          ran.push(name);
          return name === 'c' ? err(TaskError.fatal('empty')) : ok(name);
        },
      });
      const task = taskWith(async ({ step, progress, children, signal, attempt, taskId, correlationId }) => {
        await progress(attempt);
        const key = await step('key', () => crypto.randomUUID());
        const results = await children.run([
          [other, { name: 'b' }],
          [other, { name: 'c' }],
        ]);
        const ends = results.map((result) => result.isOk());
        return ok({ key, ends, taskId, correlationId, isAborted: signal.aborted });
      });
      const one = createTestContext();
      const run = async (ctx: typeof one): Promise<unknown> =>
        way === 'runTask' ? runTask(task, {}, ctx) : task.handler({}, ctx);
      const first = await run(one);
      one.abort();
      const next = one.next();

      expect(await run(next)).toEqual(first);
      expect([next.attempt, next.next().attempt]).toEqual([2, 3]);
      expect(next.recorded).toMatchObject({ progress: [1, 2], steps: [{ name: 'key' }] });
      expect(one.recorded).toEqual(next.recorded);
      // Attempt 2 makes no child again that has completed.
      expect(ran).toEqual(['b', 'c', 'c']);
    },
  );

  it.each(['runTask', 'a direct call'])(
    'takes notes, and calls what the test gave for progress and log: %s',
    async (way) => {
      const [logger, called] = [getMockedLogger(), [] as unknown[]];
      const progress = async (value: unknown) => void called.push(value);
      const log = async (line: string) => void called.push(line.length);
      const ctx = createTestContext({ logger, progress, log });
      await (way === 'runTask' ? runTask(reporting, {}, ctx) : reporting.handler({}, ctx));

      expect(ctx.recorded).toEqual(noted);
      expect(called).toEqual([{ done: 1, at: new Date(0) }, 2005]);
      expect(logger.info).not.toHaveBeenCalled();
    },
  );

  it('is refused by runTask as a copy, whose fields would not be what the test asked for', async () => {
    const copy = { ...createTestContext(), attempt: 2 };

    await expect(runTask(reporting, {}, copy)).rejects.toThrow(
      new TestingError(
        'expected a test context as createTestContext made it, got a copy: next() is that of the next attempt, createTestContext({ ... }) one with other parts',
      ),
    );
  });

  it.each([
    [1n, 'a bigint'],
    [undefined, 'undefined'],
  ])('refuses the progress %p as a worker does', async (value, message) => {
    const ctx = createTestContext();

    await expect(ctx.progress(value)).rejects.toThrow(message);
    expect(ctx.recorded.progress).toEqual([]);
  });

  it('aborts the signal when the test says so, or the one that it gave does', async () => {
    const given = new AbortController();
    const [one, other] = [createTestContext(), createTestContext({ signal: given.signal })];
    const obedient = taskWith(({ signal }) => err(TaskError.fatal(String(signal.reason))));
    one.abort('enough');
    given.abort('from outside');

    expect((await obedient.handler({}, one))._unsafeUnwrapErr().message).toBe('enough');
    expect(await runTask(obedient, {}, other)).toMatchObject({ error: { message: 'from outside' } });
  });
});
