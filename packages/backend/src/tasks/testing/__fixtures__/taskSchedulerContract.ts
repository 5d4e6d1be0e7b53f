import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { type ScheduleOptions } from '../../domain/ScheduleOptions';
import { skipped } from '../../domain/Skipped';
import { type TaskContext } from '../../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../../domain/TaskDefinition';
import { TaskError } from '../../domain/TaskError';
import { TaskId } from '../../domain/TaskId';
import { type TaskOptions } from '../../domain/TaskOptions';
import { type TaskRecord } from '../../domain/TaskRecord';
import { type CreateSchedulerWorld } from './SchedulerWorld';

interface Job {
  readonly n: number;
  readonly text?: string | undefined;
}

type Handler = (job: Job, context: TaskContext, run: number) => unknown;

/** What the task of a test does, and by which rules. */
interface Setup {
  readonly handler?: Handler;
  readonly options?: TaskOptions<Job>;
  readonly output?: z.ZodType<unknown>;
}

const schema = z.object({ n: z.number(), text: z.string().optional() });

/** Whole times follow from the clock; ids are random. */
const FACTS = ['status', 'payload', 'attempt', 'maxAttempts', 'value', 'error'] as const;

const factsOf = (record: TaskRecord | undefined) =>
  Object.fromEntries(FACTS.flatMap((fact) => (record?.[fact] === undefined ? [] : [[fact, record[fact]]])));

/**
 * What every scheduler, with the worker behind it, does. Run on the real one and on that of the testing kit, so that they
 * cannot drift apart.
 */
export const taskSchedulerContract = (name: string, createWorld: CreateSchedulerWorld): void => {
  /** A world with the tasks `contract:main` and `contract:other`; `runs` are the jobs that ran, in their order. */
  const setup = async ({ handler = () => ok(), options = {}, output }: Setup = {}) => {
    const runs: Job[] = [];
    const define = (queueName: string): TaskDefinition<Job> =>
      defineTask({
        queueName,
        schema,
        ...(output === undefined ? {} : { output }),
        handler: async (job, context) => {
          runs.push(job);
          return (await handler(job, context, runs.length)) as never; // what a handler must not return is tested too
        },
        options,
      });
    const [task, other] = [define('contract:main'), define('contract:other')];
    const world = await createWorld([task, other]);
    const call = async (job: Job, given?: ScheduleOptions, definition = task) =>
      (await world.scheduler.schedule(CorrelationId(), definition, job, given))._unsafeUnwrap();
    const facts = async (id: string) => factsOf(await world.record(id));
    const runOne = async (job: Job = { n: 1 }, given?: ScheduleOptions) => {
      const { id } = await call(job, given);
      await world.pass(0);
      return facts(id);
    };
    return {
      world,
      task,
      other,
      runs,
      call,
      facts,
      runOne,
      ms: (ticks: number) => ticks * world.tickMs,
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  };

  describe(name, () => {
    describe('a task', () => {
      it('runs with what its call said, and is completed', async () => {
        const seen: unknown[] = [];
        await using test = await setup({
          handler: ({ n }, { taskId, taskName, correlationId, userId, metadata, attempt, maxAttempts }) => {
            seen.push({ taskId, taskName, correlationId, userId, metadata, attempt, maxAttempts });
            return ok({ doubled: 2 * n });
          },
        });
        const given = { userId: UserId(), metadata: { tenant: 'a' }, maxAttempts: 5 };
        const handle = await test.call({ n: 2 }, given);
        const before = await test.facts(handle.id);
        await test.world.pass(0);

        const job = { payload: { n: 2 }, maxAttempts: 5 };
        expect(before).toEqual({ ...job, status: 'pending', attempt: 0 });
        expect(await test.facts(handle.id)).toEqual({
          ...job,
          status: 'completed',
          attempt: 1,
          value: { doubled: 4 },
        });
        const { id: taskId, taskName, correlationId } = handle;
        expect(seen).toEqual([{ taskId, taskName, correlationId, attempt: 1, ...given }]);
      });

      it('has the same fields at each point of its life', async () => {
        await using test = await setup({
          handler: (_job, _context, run) => (run === 1 ? err(new TaskError('once')) : ok()),
          options: { backoffMs: 1 },
        });
        const { id } = await test.call(
          { n: 1 },
          { delayMs: test.ms(1), expiresInMs: 60_000, userId: UserId() },
        );
        const fields = async () => Object.keys((await test.world.record(id)) ?? {}).toSorted();
        const before = await fields();
        await test.world.pass(2);

        const always = ['attempt', 'correlationId', 'crashCount', 'id', 'maxAttempts', 'name', 'payload'];
        const known = [...always, 'scheduledAt', 'status', 'userId'];
        expect(before).toEqual([...known, 'dueAt', 'expiresAt'].toSorted());
        expect(await fields()).toEqual([...known, 'endedAt', 'expiresAt', 'startedAt', 'value'].toSorted());
      });

      it('that is put off waits for its time', async () => {
        await using test = await setup();
        const delayed = await test.call({ n: 1 }, { delayMs: test.ms(3) });
        const later = await test.call({ n: 2 }, { delayMs: test.ms(600) });
        await test.world.pass(1);
        const before = await test.facts(delayed.id);
        await test.world.pass(3);

        expect(before).toMatchObject({ status: 'scheduled', attempt: 0 });
        expect(await test.facts(delayed.id)).toMatchObject({ status: 'completed' });
        expect(await test.facts(later.id)).toMatchObject({ status: 'scheduled' });
        expect(test.runs).toEqual([{ n: 1 }]);
      });

      it('runs before those of a lower priority, and after those that came earlier', async () => {
        await using test = await setup();
        const priorities = ['low', 'normal', 'critical', 'normal', 99, 'high'] as const;
        for (const [n, priority] of priorities.entries()) await test.call({ n }, { priority });
        await test.world.pass(0);

        expect(test.runs.map(({ n }) => n)).toEqual([2, 4, 5, 1, 3, 0]);
      });

      it('that returns nothing has the value null', async () => {
        await using test = await setup();

        expect(await test.runOne()).toMatchObject({ status: 'completed', value: null });
      });

      it('that had nothing to do is completed, and says so', async () => {
        await using test = await setup({ handler: () => ok(skipped('nobody is there')) });
        const { id } = await test.call({ n: 1 });
        await test.world.pass(0);

        expect(await test.world.record(id)).toMatchObject({
          status: 'completed',
          value: { status: 'skipped', reason: 'nobody is there' },
          isSkipped: true,
        });
      });

      it('of which JSON keeps another value has that one', async () => {
        await using test = await setup({ handler: () => ok({ at: new Date(0), left: undefined }) });

        expect(await test.runOne()).toMatchObject({ value: { at: '1970-01-01T00:00:00.000Z' } });
      });
    });

    describe('a failed attempt', () => {
      it('is followed by another one, after its wait', async () => {
        await using test = await setup({
          handler: (_job, _context, run) => (run === 1 ? err(new TaskError('down', { host: 'a' })) : ok(run)),
        });
        const { id } = await test.call({ n: 1 }, { backoffMs: test.ms(3) });
        await test.world.pass(1);
        const before = await test.facts(id);
        await test.world.pass(3);

        const error = { message: 'down', code: 'task-failed', attempt: 1, metadata: { host: 'a' } };
        const job = { payload: { n: 1 }, maxAttempts: 3 };
        expect(before).toEqual({ ...job, status: 'retrying', attempt: 1, error });
        expect(await test.facts(id)).toEqual({ ...job, status: 'completed', attempt: 2, value: 2 });
      });

      const lastAttempts: [what: string, setup: Setup, error: object][] = [
        [
          'that returns an error',
          { handler: () => err(new TaskError('down')) },
          { message: 'down', code: 'task-failed', reason: 'exhausted', attempt: 2 },
        ],
        [
          'that throws',
          {
            handler: () => {
              throw new Error('thrown');
            },
          },
          { message: 'thrown', code: 'task-failed', reason: 'exhausted', attempt: 2 },
        ],
        [
          'that no attempt can mend',
          { handler: () => err(TaskError.fatal('gone', { page: 7 })) },
          { message: 'gone', code: 'fatal', reason: 'fatal', attempt: 1, metadata: { page: 7 } },
        ],
        [
          'whose retryOn says no',
          { handler: () => err(new RangeError('far')), options: { retry: { retryOn: () => false } } },
          { message: 'far', code: 'task-failed', reason: 'fatal', attempt: 1 },
        ],
        [
          'that returns no result',
          { handler: () => 'sent' },
          {
            message: 'expected the handler to return ok(...) or err(...), got "sent"',
            code: 'invalid-output',
            reason: 'invalid-output',
            attempt: 1,
          },
        ],
        [
          'whose value breaks its schema',
          { handler: () => ok({ id: 7 }), output: z.object({ id: z.string() }) },
          {
            message: expect.stringContaining('id: '),
            code: 'invalid-output',
            reason: 'invalid-output',
            attempt: 1,
            metadata: { issues: [expect.objectContaining({ path: 'id' })] },
          },
        ],
        [
          'whose value JSON cannot carry',
          { handler: () => ok({ size: 1n }) },
          {
            message: expect.stringContaining('the result cannot be stored'),
            code: 'invalid-output',
            reason: 'invalid-output',
            attempt: 1,
          },
        ],
      ];

      it.each(lastAttempts)('%s ends in a dead letter', async (_what, given, error) => {
        const options = { maxAttempts: 2, ...given.options };
        await using test = await setup({ ...given, options: { backoffMs: 1, ...options } });
        const { id } = await test.call({ n: 1 });
        await test.world.pass(1);

        const { attempt, ...rest } = await test.facts(id);
        expect(rest).toEqual({ status: 'failed', payload: { n: 1 }, maxAttempts: 2, error });
        expect(attempt).toBe((error as { attempt: number }).attempt); // of the table above
      });

      it('that outlives its time has its signal aborted and is a timeout', async () => {
        await using test = await setup({
          handler: (_job, { signal }) =>
            new Promise((resolve) => {
              signal.addEventListener('abort', () => resolve(ok('too late')));
            }),
        });
        const timeoutMs = test.ms(1);
        const { id } = await test.call({ n: 1 }, { timeoutMs, maxAttempts: 2, backoffMs: 1 });
        await test.world.pass(4);

        const message = `the handler took longer than timeoutMs (${timeoutMs} ms)`;
        expect(await test.facts(id)).toMatchObject({
          status: 'failed',
          attempt: 2,
          error: { message, code: 'timeout', reason: 'timeout', attempt: 2 },
        });
        expect(test.runs.length).toBe(2);
      });
    });

    describe('a task that asks to run later', () => {
      it('waits, and uses no attempt', async () => {
        let laterMs = 0;
        await using test = await setup({
          handler: (_job, { attempt }, run) =>
            run < 3 ? err(TaskError.retryLater(laterMs, 'not yet')) : ok(attempt),
          options: { maxAttempts: 1 },
        });
        laterMs = test.ms(3);
        const { id } = await test.call({ n: 1 });
        await test.world.pass(1);
        const before = await test.facts(id);
        await test.world.pass(7);

        expect(before).toEqual({ status: 'scheduled', payload: { n: 1 }, attempt: 0, maxAttempts: 1 });
        expect(await test.facts(id)).toMatchObject({ status: 'completed', attempt: 1, value: 1 });
      });
    });

    describe('a task that expires', () => {
      const holdUp: Handler = ({ text }, { signal }) =>
        text === 'long'
          ? new Promise((resolve) => {
              signal.addEventListener('abort', () => resolve(err(TaskError.fatal('too late'))));
            })
          : ok();

      it('is failed unrun when its turn comes too late', async () => {
        await using test = await setup({ handler: holdUp });
        const long = { timeoutMs: test.ms(3), maxAttempts: 1, priority: 'high' } as const;
        await test.call({ n: 1, text: 'long' }, long);
        const late = await test.call({ n: 2 }, { expiresInMs: test.ms(1) });
        const inTime = await test.call({ n: 3 }, { expiresInMs: test.ms(600) });
        await test.world.pass(4);

        expect(await test.facts(late.id)).toEqual({
          status: 'failed',
          payload: { n: 2 },
          attempt: 0,
          maxAttempts: 3,
          error: {
            message: expect.stringMatching(/^the task was to start before \S+Z$/),
            code: 'expired',
            reason: 'expired',
            attempt: 0,
          },
        });
        expect(await test.facts(inTime.id)).toMatchObject({ status: 'completed' });
        expect(test.runs.map(({ n }) => n)).toEqual([1, 3]);
      });

      it('goes on when its first attempt began in time', async () => {
        await using test = await setup({
          handler: (_job, _context, run) => (run === 1 ? err(new TaskError('down')) : ok()),
        });
        const { id } = await test.call({ n: 1 }, { expiresInMs: test.ms(2), backoffMs: test.ms(4) });
        await test.world.pass(5);

        expect(await test.facts(id)).toMatchObject({ status: 'completed', attempt: 2 });
      });
    });

    describe('an idempotency key', () => {
      it('makes one task of equal calls, also after its end, until its window is over', async () => {
        await using test = await setup({
          options: { idempotencyKey: ({ n }) => `order-${n}`, idempotencyWindowMs: 60_000 },
        });
        const first = await test.call({ n: 1 });
        const same = await test.call({ n: 1, text: 'again' });
        const other = await test.call({ n: 2 });
        await test.world.pass(0);
        const late = await test.call({ n: 1 });
        const window = { idempotencyKey: 'short', idempotencyWindowMs: test.ms(1) };
        const short = await test.call({ n: 3 }, window);
        await test.world.pass(2);
        const forgotten = await test.call({ n: 3 }, window);

        expect([same, late].map(({ id, disposition }) => [id, disposition])).toEqual([
          [first.id, 'duplicate'],
          [first.id, 'duplicate'],
        ]);
        expect([first, other, short, forgotten].map(({ disposition }) => disposition)).toEqual(
          Array(4).fill('created'),
        );
        expect(test.runs).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
      });

      it('is one for each task name', async () => {
        await using test = await setup();
        const key = { idempotencyKey: 'k' };
        const [one, two] = [await test.call({ n: 1 }, key), await test.call({ n: 1 }, key, test.other)];

        expect([one.disposition, two.disposition]).toEqual(['created', 'created']);
      });
    });

    describe('a unique tag', () => {
      it('stands for its task until that has ended, between attempts too', async () => {
        await using test = await setup({
          handler: (_job, _context, run) => (run === 1 ? err(new TaskError('down')) : ok()),
        });
        const options = { uniqueTag: 't', backoffMs: test.ms(2) };
        const first = await test.call({ n: 1 }, options);
        const waiting = await test.call({ n: 2 }, options);
        await test.world.pass(0);
        const retrying = await test.call({ n: 3 }, options);
        await test.world.pass(3);
        const ended = await test.call({ n: 4 }, options);

        expect([waiting, retrying].map(({ id, disposition }) => [id, disposition])).toEqual([
          [first.id, 'duplicate'],
          [first.id, 'duplicate'],
        ]);
        expect(ended.disposition).toBe('created');
        expect(test.runs).toEqual([{ n: 1 }, { n: 1 }]);
      });
    });

    describe('a debounce', () => {
      it('runs once, with the last payload, when its calls have been quiet', async () => {
        await using probe = await setup();
        const windowMs = probe.ms(3);
        await using test = await setup({ options: { debounce: { windowMs, key: () => 'k' } } });
        const first = await test.call({ n: 1, text: 'a' });
        await test.world.pass(2);
        const second = await test.call({ n: 1, text: 'b' });
        await test.world.pass(1);
        const before = await test.facts(first.id);
        await test.world.pass(3);
        const third = await test.call({ n: 1, text: 'c' });

        expect([second.id, second.disposition]).toEqual([first.id, 'replaced']);
        expect(before).toMatchObject({ status: 'scheduled', payload: { n: 1, text: 'b' } });
        expect(test.runs).toEqual([{ n: 1, text: 'b' }]);
        expect(third.disposition).toBe('created');
      });

      it('runs after maxWaitMs at the latest', async () => {
        await using probe = await setup();
        const debounce = { windowMs: probe.ms(4), maxWaitMs: probe.ms(5), key: () => 'k' };
        await using test = await setup({ options: { debounce } });
        await test.call({ n: 1 });
        await test.world.pass(3);
        await test.call({ n: 2 });
        await test.world.pass(3);

        expect(test.runs).toEqual([{ n: 2 }]);
      });
    });

    describe('a recurring schedule', () => {
      it('runs when its time has come, with an id of its own', async () => {
        await using test = await setup({ handler: (_job, { scheduleId }) => ok(scheduleId) });
        const everyMs = Math.max(1000, test.world.tickMs);
        const timing = { everyMs };
        const kept = await test.world.scheduler.scheduleRecurring(
          CorrelationId(),
          test.task,
          { n: 1 },
          timing,
          {
            id: 'contract',
          },
        );
        const before = test.runs.length;
        await test.world.pass(Math.ceil(everyMs / test.world.tickMs) + 2);

        expect([kept._unsafeUnwrap() as string, before]).toEqual(['contract', 0]);
        expect(test.runs[0]).toEqual({ n: 1 });
      });
    });

    describe('a handle', () => {
      it('answers the result of its task to everybody who waits', async () => {
        await using test = await setup({ handler: ({ n }) => ok({ n }) });
        const handle = await test.call({ n: 1 });
        const found = test.world.scheduler.handle(test.task, handle.id);
        const [results] = await Promise.all([
          Promise.all([handle.result(), found.result(), handle.result()]),
          test.world.pass(0),
        ]);

        expect(results.map((result) => result._unsafeUnwrap() as unknown)).toEqual(Array(3).fill({ n: 1 }));
        expect((await found.status())._unsafeUnwrap()).toBe('completed');
        expect((await handle.result({ timeoutMs: 0 })).isOk()).toBe(true);
      });

      it('says why there is no value', async () => {
        await using test = await setup({ handler: () => err(TaskError.fatal('gone')) });
        const failed = await test.call({ n: 1 });
        const later = await test.call({ n: 2 }, { delayMs: test.ms(600) });
        await test.world.pass(0);
        const unknown = test.world.scheduler.handle(test.task, TaskId());
        const wrong = test.world.scheduler.handle(test.task, 'no id');
        const errors = await Promise.all(
          [failed, unknown, wrong].map(async (handle) => (await handle.result())._unsafeUnwrapErr()),
        );
        const tooShort = (await later.result({ timeoutMs: test.ms(1) }))._unsafeUnwrapErr();
        const refused = (await failed.result({ timeoutMs: -1 }))._unsafeUnwrapErr();

        expect(errors.map(({ code }) => code)).toEqual(['failed', 'removed', 'invalid-options']);
        expect(errors[0]?.failure).toEqual({ message: 'gone', code: 'fatal', reason: 'fatal', attempt: 1 });
        expect([tooShort.code, refused.code]).toEqual(['timed-out', 'invalid-options']);
      });

      it('has the last progress of its task, and tells its events', async () => {
        await using test = await setup({
          handler: async (_job, ctx) => {
            await ctx.progress({ done: 1 });
            await ctx.log('half way');
            await ctx.progress({ done: 2 });
            return ok();
          },
        });
        const handle = await test.call({ n: 1 });
        const before = await handle.progress();
        const [events] = await Promise.all([Array.fromAsync(handle.events()), test.world.pass(0)]);

        expect(before._unsafeUnwrap()).toBeUndefined();
        expect((await handle.progress())._unsafeUnwrap()).toEqual({ done: 2 });
        expect(events[0]).toEqual({ status: 'pending' });
        expect(events.at(-1)?.status).toBe('completed');
        expect(events.findLast(({ progress }) => progress !== undefined)?.progress).toEqual({ done: 2 });
        expect(events.flatMap(({ log }) => log ?? [])).toEqual(['half way']);
        expect((await test.world.record(handle.id))?.progress).toEqual({ done: 2 });
      });

      it('is refused a progress that JSON cannot carry', async () => {
        await using test = await setup({
          handler: async (_job, ctx) => {
            await ctx.progress(1n);
            return ok();
          },
        });

        expect(await test.runOne()).toMatchObject({ status: 'failed', error: { code: 'fatal', attempt: 1 } });
      });
    });

    describe('a task that is cancelled', () => {
      it('before it began never runs', async () => {
        await using test = await setup();
        const [pending, scheduled] = [
          await test.call({ n: 1 }),
          await test.call({ n: 2 }, { delayMs: test.ms(1) }),
        ];
        const answers = [await pending.cancel('withdrawn'), await scheduled.cancel()];
        await test.world.pass(2);
        const again = (await pending.cancel('twice'))._unsafeUnwrap();

        expect(answers.map((answer) => answer._unsafeUnwrap().status)).toEqual(['cancelled', 'cancelled']);
        expect([again.cancelReason, test.runs]).toEqual(['withdrawn', []]);
        expect(await test.facts(pending.id)).toEqual({
          status: 'cancelled',
          payload: { n: 1 },
          attempt: 0,
          maxAttempts: 3,
        });
        expect((await pending.result())._unsafeUnwrapErr()).toMatchObject({
          code: 'cancelled',
          metadata: { reason: 'withdrawn' },
        });
      });

      it('while it runs has its signal aborted, and is not tried again', async () => {
        const begun = Promise.withResolvers<void>();
        const reasons: unknown[] = [];
        await using test = await setup({
          handler: (_job, { signal }) => {
            begun.resolve();
            return new Promise((resolve) => {
              signal.addEventListener('abort', () => {
                reasons.push(signal.reason);
                resolve(ok('too late'));
              });
            });
          },
        });
        const handle = await test.call({ n: 1 });
        const cancelled = begun.promise.then(() => handle.cancel('withdrawn'));
        await test.world.pass(1);

        expect((await cancelled)._unsafeUnwrap()).toMatchObject({
          status: 'running',
          cancelReason: 'withdrawn',
        });
        expect(await test.facts(handle.id)).toEqual({
          status: 'cancelled',
          payload: { n: 1 },
          attempt: 1,
          maxAttempts: 3,
        });
        expect(reasons).toMatchObject([{ code: 'cancelled', message: 'the task was cancelled: withdrawn' }]);
        expect(test.runs.length).toBe(1);
      });

      it('after its end stays as it is, and a wrong call is refused', async () => {
        await using test = await setup();
        const handle = await test.call({ n: 1 });
        await test.world.pass(0);
        const unknown = test.world.scheduler.handle(test.task, TaskId());
        const codes = await Promise.all(
          [
            handle.cancel(),
            unknown.cancel(),
            handle.cancel(''),
            test.world.scheduler.handle(test.task, 'x').cancel(),
          ].map(async (answer) => (await answer)._unsafeUnwrapErr().code),
        );

        expect(codes).toEqual(['not-cancellable', 'not-found', 'invalid-reason', 'invalid-options']);
      });
    });

    describe('a handler', () => {
      it('schedules other tasks, with its correlation ID and itself as their parent', async () => {
        const seen: object[] = [];
        await using test = await setup({
          handler: async ({ n }, ctx) => {
            const { parentId, correlationId } = ctx;
            seen.push(parentId === undefined ? { correlationId } : { correlationId, parentId });
            if (n === 1) (await ctx.schedule(test.other, { n: 2 }))._unsafeUnwrap();
            return ok();
          },
        });
        const { id, correlationId } = await test.call({ n: 1 });
        await test.world.pass(0);

        expect(test.runs).toEqual([{ n: 1 }, { n: 2 }]);
        expect(seen).toEqual([{ correlationId }, { correlationId, parentId: id }]);
      });

      it('waits for children without its slot, and gets their results in order', async () => {
        await using test = await setup({
          handler: async ({ n }, ctx) => {
            if (n === 13) return err(TaskError.fatal('unlucky'));
            if (n > 1) return ok({ n, parentId: ctx.parentId });
            const results = await ctx.children.run([
              [test.other, { n: 12 }],
              [test.other, { n: 13 }],
              [test.task, { n: 14 }],
            ]);
            return ok(
              results.map((result) =>
                result.match(
                  (value) => value,
                  ({ code }) => code,
                ),
              ),
            );
          },
        });
        const { id } = await test.call({ n: 1 });
        const facts = async () => {
          await test.world.pass(0);
          return test.facts(id);
        };

        expect(await facts()).toMatchObject({
          status: 'completed',
          attempt: 1,
          value: [{ n: 12, parentId: id }, 'failed', { n: 14, parentId: id }],
        });
        expect(test.runs.map(({ n }) => n).toSorted((one, other) => one - other)).toEqual([1, 12, 13, 14]);
      });

      it('runs completed children once, and failed ones again, when it is tried again', async () => {
        const outcomes: boolean[] = [];
        await using test = await setup({
          handler: async ({ n }, ctx, run) => {
            if (n === 2) return ok('done');
            if (n === 3) return outcomes.push(true) === 1 ? err(TaskError.fatal('not yet')) : ok('done too');
            const [one, other] = await ctx.children.run([
              [test.other, { n: 2 }],
              [test.other, { n: 3 }],
            ]);
            if (one.isErr() || other.isErr()) return err(new TaskError(`a child failed in run ${run}`));
            return ok([one.value, other.value]);
          },
          options: { backoffMs: 1 },
        });
        const { id } = await test.call({ n: 1 });
        await test.world.pass(1);

        expect(await test.facts(id)).toMatchObject({
          status: 'completed',
          attempt: 2,
          value: ['done', 'done too'],
        });
        expect(test.runs.filter(({ n }) => n === 2).length).toBe(1);
        expect(test.runs.filter(({ n }) => n === 3).length).toBe(2);
      });

      it('is refused a wrong child: nothing is scheduled', async () => {
        await using test = await setup({
          handler: async ({ n }, { children }) => {
            if (n > 1) return ok();
            const results = await children.run([
              [test.other, { n: 2 }],
              [test.other, { n: 'three' as unknown as number }],
            ]);
            return ok(results.map((result) => result._unsafeUnwrapErr().code));
          },
        });

        expect(await test.runOne()).toMatchObject({ value: ['not-scheduled', 'invalid-payload'] });
        expect(test.runs).toEqual([{ n: 1 }]);
      });
    });

    describe('a step', () => {
      it('is done once for its task, whatever becomes of the attempts', async () => {
        const done: string[] = [];
        await using test = await setup({
          handler: async (_job, { step, attempt }) => {
            const at = await step('charge', () => {
              done.push(`charge in attempt ${attempt}`);
              return { at: new Date(0) } as object;
            });
            await step('mail', () => {
              done.push(`mail in attempt ${attempt}`);
              if (attempt === 1) throw new Error('SMTP is down');
            });
            return ok(at);
          },
          options: { backoffMs: 1 },
        });
        const { id } = await test.call({ n: 1 });
        await test.world.pass(1);

        expect(done).toEqual(['charge in attempt 1', 'mail in attempt 1', 'mail in attempt 2']);
        expect(await test.facts(id)).toMatchObject({
          status: 'completed',
          attempt: 2,
          value: { at: '1970-01-01T00:00:00.000Z' },
        });
        expect((await test.world.record(id))?.steps?.map(({ name: step, place }) => [step, place])).toEqual([
          ['charge', 0],
          ['mail', 1],
        ]);
      });

      it('of a name that was used is refused', async () => {
        await using test = await setup({
          handler: async (_job, { step }) => {
            await step('charge', () => 1);
            await step('charge', () => 2);
            return ok();
          },
        });

        expect(await test.runOne()).toMatchObject({ status: 'failed', error: { code: 'fatal', attempt: 1 } });
      });
    });

    describe('a call that is refused', () => {
      const cycle: Record<string, unknown> = { n: 1 };
      cycle['self'] = cycle;
      const payloads: [what: string, payload: unknown, message: string][] = [
        ['of the wrong type', { n: 'one' }, 'n: Invalid input: expected number, received string'],
        ['that is missing', undefined, 'received undefined'],
      ];
      const options: [what: string, options: unknown, message: string][] = [
        [
          'a negative delay',
          { delayMs: -1 },
          'expected delayMs to be an integer from 0 to 315360000000, got -1',
        ],
        ['an unknown option', { delay: 1 }, 'unknown option delay. Did you mean "delayMs"?'],
        ['delay and time', { delayMs: 1, at: new Date() }, 'expected either delayMs or at, got both'],
        [
          'two keys',
          { idempotencyKey: 'a', uniqueTag: 'b' },
          'expected at most one of idempotencyKey, uniqueTag',
        ],
        ['a function', { retry: { retryOn: () => true } }, 'expected retry without retryOn'],
        ['no object', 7, 'expected options to be an object, got 7'],
      ];

      it.each(payloads)(
        'because of a payload %s says so, and nothing runs',
        async (_what, payload, message) => {
          await using test = await setup();
          const refused = await test.world.scheduler.schedule(CorrelationId(), test.task, payload as Job);
          await test.world.pass(0);

          const error = refused._unsafeUnwrapErr();
          expect([error.code, test.runs]).toEqual(['invalid-payload', []]);
          expect(error.message).toStartWith('the payload of contract:main is refused: ');
          expect(error.message).toContain(message);
        },
      );

      it.each(options)('because of %s says so', async (_what, given, message) => {
        await using test = await setup();
        const call = test.world.scheduler.schedule(
          CorrelationId(),
          test.task,
          { n: 1 },
          given as ScheduleOptions,
        );

        const error = (await call)._unsafeUnwrapErr();
        expect(error.code).toBe('invalid-options');
        expect(error.message).toStartWith('the options for contract:main are refused: ');
        expect(error.message).toContain(message);
      });

      it('because of its definition or its correlation ID says so', async () => {
        await using test = await setup();
        const wrong = defineTask({
          queueName: 'bad name',
          schema,
          handler: () => ok(),
          options: { maxAttempts: 0 },
        });
        const { scheduler } = test.world;
        const codes = await Promise.all(
          [
            scheduler.schedule(CorrelationId(), wrong, { n: 1 }),
            scheduler.schedule('no id' as CorrelationId, test.task, { n: 1 }),
            scheduler.schedule(CorrelationId(), undefined as unknown as typeof test.task, { n: 1 }),
          ].map(async (call) => (await call)._unsafeUnwrapErr().code),
        );

        expect(codes).toEqual(['invalid-task', 'invalid-correlation-id', 'invalid-task']);
      });
    });
  });
};
