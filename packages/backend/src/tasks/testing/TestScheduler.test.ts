import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { ResourceToken } from '../domain/ResourceToken';
import { ScheduleError } from '../domain/ScheduleError';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type TaskOptions } from '../domain/TaskOptions';
import { TaskRegistryError } from '../domain/TaskRegistry';
import { ScheduleExpectationError } from './ScheduledTask';
import { createTestScheduler, type TestSchedulerOptions } from './TestScheduler';
import { testConfig } from './testConfig';

interface Job {
  readonly n: number;
  readonly to?: string | undefined;
}

type Handler = (job: Job, context: TaskContext, run: number) => unknown;

/** A scheduler whose clock begins in 2030, and a task; `runs` are the jobs that ran. */
const setup = ({
  handler = () => ok(),
  options = {},
  ...schedulerOptions
}: { handler?: Handler; options?: TaskOptions<Job> } & TestSchedulerOptions = {}) => {
  const runs: Job[] = [];
  const task: TaskDefinition<Job> = defineTask({
    queueName: 'mails:send',
    schema: z.object({ n: z.number(), to: z.string().optional() }),
    handler: async (job, context) => {
      runs.push(job);
      return (await handler(job, context, runs.length)) as never; // what the test says
    },
    options,
  });
  const scheduler = createTestScheduler({ now: new Date('2030-01-01'), patienceMs: 10, ...schedulerOptions });
  const call = async (job: Job, given = {}) =>
    (await scheduler.schedule(CorrelationId('request-1'), task, job, given))._unsafeUnwrap();
  return { task, scheduler, call, runs };
};

const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof ScheduleExpectationError ? thrown.message : `no expectation: ${String(thrown)}`;
  }
  return 'nothing was thrown';
};

describe('createTestScheduler', () => {
  it('runs nothing by itself', async () => {
    const { scheduler, call, runs } = setup();
    const { id } = await call({ n: 1 });
    await Bun.sleep(1);

    expect([scheduler.getTask(id)?.status, runs]).toEqual(['pending', []]);
  });

  it('hands out data: handles and records compare as such', async () => {
    const { scheduler, call } = setup();
    const handle = await call({ n: 1 });

    expect({ ...handle }).toEqual({
      id: handle.id,
      taskName: 'mails:send',
      correlationId: CorrelationId('request-1'),
      disposition: 'created',
    } as never);
    expect(scheduler.listTasks()).toEqual([scheduler.getTask(handle.id) as never]);
    expect(scheduler.getTask('unknown')).toBeUndefined();
  });

  const wrong: [option: string, value: unknown, message: string][] = [
    ['now', '2030-01-01', 'expected now to be a valid Date, got "2030-01-01"'],
    ['now', new Date('never'), 'expected now to be a valid Date, got an invalid date'],
    ['random', 0.5, 'expected random to be a function, got 0.5'],
    ['patienceMs', 0, 'expected patienceMs to be an integer from 1 to 60000, got 0'],
    ['patience', 5, 'unknown option patience. Did you mean "patienceMs"?'],
  ];

  it.each(wrong)('refuses the option %s: %p', (option, value, message) => {
    expect(() => createTestScheduler({ [option]: value })).toThrow(message);
  });

  it('refuses tasks that no worker would start with', () => {
    const task = defineTask({ queueName: 'bad name', schema: z.object({}), handler: () => ok() });

    expect(() => createTestScheduler({ tasks: [task as TaskDefinition<unknown>] })).toThrow(
      TaskRegistryError,
    );
  });

  it('leaves tasks of others alone when it is told what its worker knows', async () => {
    const { task } = setup();
    const { scheduler, call, runs } = setup({ tasks: [task as TaskDefinition<unknown>] });
    const { id } = await call({ n: 1 });
    const foreign = defineTask({ queueName: 'other:task', schema: z.object({}), handler: () => ok() });
    const other = (await scheduler.schedule(CorrelationId(), foreign, {}))._unsafeUnwrap();
    await scheduler.drain();

    expect([id, other.id].map((each) => scheduler.getTask(each)?.status)).toEqual(['completed', 'pending']);
    expect(runs).toEqual([]); // the definition of the list has run, not the one of the call
  });

  it('writes the log lines of a worker', async () => {
    const logger = getMockedLogger();
    const { scheduler, call } = setup({ logger });
    await call({ n: 1 });
    await scheduler.drain();

    expect(logger.info.mock.calls.map(([message]) => message)).toEqual(['Task completed']);
  });

  it('has the resources that it is given, and no other', async () => {
    const token = ResourceToken<number>('rate');
    const handler = (_job: Job, ctx: TaskContext) => ok(ctx.resolve(token));
    const [one, other] = [setup({ handler, resources: [[token, 7]] }), setup({ handler })];
    const ids = [(await one.call({ n: 1 })).id, (await other.call({ n: 1 })).id];
    await Promise.all([one.scheduler.drain(), other.scheduler.drain()]);

    expect(one.scheduler.getTask(ids[0] ?? '')?.value).toBe(7);
    expect(other.scheduler.getTask(ids[1] ?? '')?.error?.message).toContain(
      'no resource is registered as "rate"',
    );
  });

  it('goes by the configuration that it is given', async () => {
    const appConfig = testConfig({ TASK_MAX_ATTEMPTS: '7' });
    const { scheduler, call } = setup({ appConfig });

    expect(scheduler.getTask((await call({ n: 1 })).id)?.maxAttempts).toBe(7);
  });
});

describe('drain', () => {
  it('runs what is due, what that schedules, and further attempts; the clock moves over their waits', async () => {
    const { task, scheduler, call, runs } = setup({
      handler: async ({ n }, { correlationId }, run) => {
        if (n === 1) await scheduler.schedule(correlationId, task, { n: 2 });
        return n === 2 && run < 4 ? err(new TaskError('down')) : ok();
      },
    });
    await call({ n: 1 });
    await call({ n: 9 }, { delayMs: 3_600_000 });
    await scheduler.drain();

    expect(runs.map(({ n }) => n)).toEqual([1, 2, 2, 2]);
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:03.300Z'); // 1.1 s and 2.2 s
  });

  it('runs children that a parent waits for, those that are put off too, and tells who scheduled them', async () => {
    const { task, scheduler, call, runs } = setup({
      handler: async ({ n }, { children }) => {
        if (n > 1) return ok(n);
        const results = await children.run([
          [task, { n: 2 }],
          [task, { n: 3 }, { delayMs: 60_000 }],
        ]);
        return ok(results.map((result) => result.unwrapOr(0)));
      },
    });
    const { id } = await call({ n: 1 });
    await scheduler.drain();

    expect(scheduler.getTask(id)?.value).toEqual([2, 3]);
    expect(scheduler.scheduled().map(({ payload, parentId }) => [payload, parentId])).toEqual([
      [{ n: 1 }, undefined],
      [{ n: 2 }, id],
      [{ n: 3 }, id],
    ]);
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:01:00.000Z');
    expect(runs.length).toBe(3);
  });

  it('cancels the children of a parent that outlives its time, and counts no time in which it waits', async () => {
    const { task, scheduler, call } = setup({
      handler: async ({ n }, { children }) => {
        if (n > 1) return ok();
        await children.run([[task, { n: 2 }, { delayMs: 60_000 }]]);
        return new Promise(() => undefined);
      },
      options: { timeoutMs: 1000, maxAttempts: 1 },
    });
    const { id } = await call({ n: 1 });
    await scheduler.advance(60_500);
    const before = scheduler.getTask(id)?.status;
    await scheduler.drain();

    expect([before, scheduler.getTask(id)?.error?.code]).toEqual(['running', 'timeout']);
  });

  it('leaves what asked to run later', async () => {
    const { scheduler, call, runs } = setup({ handler: () => err(TaskError.retryLater(1000)) });
    await call({ n: 1 });
    await scheduler.drain();

    expect(runs.length).toBe(1);
  });

  it('ends a handler that waits for its signal, when its time is over', async () => {
    const { scheduler, call } = setup({
      handler: (_job, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(err(signal.reason)))),
      options: { maxAttempts: 1 },
    });
    const { id } = await call({ n: 1 });
    await scheduler.drain();

    expect(scheduler.getTask(id)).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:30.000Z');
  });

  it('gives up a handler that ignores its signal after its grace', async () => {
    const logger = getMockedLogger();
    const handler = () => new Promise(() => undefined);
    const { scheduler, call } = setup({ handler, logger, options: { maxAttempts: 1 } });
    const { id } = await call({ n: 1 });
    await scheduler.drain();

    expect(scheduler.getTask(id)).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:32.000Z');
    expect(logger.warn.mock.calls.map(([message]) => message)).toEqual([
      'A handler ignores its abort signal; it goes on without its task',
    ]);
  });

  it('waits for a handler that takes real time', async () => {
    const { scheduler, call } = setup({
      handler: async () => {
        await Bun.sleep(20);
        return ok();
      },
      patienceMs: 5000,
    });
    const { id } = await call({ n: 1 });
    await scheduler.drain();

    expect(scheduler.getTask(id)?.status).toBe('completed');
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:00.000Z');
  });

  it('refuses tasks that cause each other without an end', async () => {
    const { scheduler, call } = setup({ handler: () => err(TaskError.retryLater(0)) });
    await call({ n: 1 });

    await expect(scheduler.drain()).rejects.toThrow(
      'expected the tasks to come to an end, got more than 10000 attempts while the clock stood still; the last one is of mails:send',
    );
  });

  it('refuses a handler that calls it', async () => {
    const { scheduler, call } = setup({
      handler: () => scheduler.drain().then(() => ok()),
      options: { maxAttempts: 1 },
    });
    const { id } = await call({ n: 1 });
    await scheduler.drain();

    expect(scheduler.getTask(id)?.error?.message).toBe(
      'expected drain to be called by a test, got a call from a handler, which it would wait for',
    );
  });

  it('called twice at the same time runs everything once', async () => {
    const { scheduler, call, runs } = setup();
    await call({ n: 1 });
    await Promise.all([scheduler.drain(), scheduler.advance(1), scheduler.drain()]);

    expect(runs).toEqual([{ n: 1 }]);
  });
});

describe('advance', () => {
  it('runs what becomes due, each at its time', async () => {
    const times: string[] = [];
    const { scheduler, call } = setup({
      handler: (_job, { startedAt }) => {
        times.push(startedAt.toISOString());
        return ok();
      },
    });
    await call({ n: 1 }, { delayMs: 2000 });
    await call({ n: 2 }, { delayMs: 1000 });
    await call({ n: 3 }, { delayMs: 2001 });
    await scheduler.advance(2000);

    expect(times).toEqual(['2030-01-01T00:00:01.000Z', '2030-01-01T00:00:02.000Z']);
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:02.000Z');
  });

  it('stands before the time limit of a handler that goes on, and ends it there', async () => {
    const { scheduler, call } = setup({
      handler: () => new Promise(() => undefined),
      options: { timeoutMs: 5000, maxAttempts: 1 },
    });
    const { id } = await call({ n: 1 });
    const statuses: unknown[] = [];
    for (const ms of [4999, 1, 2000]) {
      await scheduler.advance(ms);
      statuses.push(scheduler.getTask(id)?.status);
    }

    expect(statuses).toEqual(['running', 'running', 'failed']);
  });

  it('runs the schedules that definitions declare, and those of calls', async () => {
    const digest = defineTask({
      queueName: 'digest:send',
      schema: z.object({}),
      handler: () => ok(),
      options: { recurring: { cron: '0 9 * * *', timezone: 'Europe/Berlin' } },
    }) as TaskDefinition<unknown>;
    const { task } = setup();
    const { scheduler } = setup({ tasks: [digest, task as TaskDefinition<unknown>] });
    await scheduler.scheduleRecurring(
      CorrelationId(),
      task,
      { n: 1 },
      { everyMs: 43_200_000 },
      { id: 'twice' },
    );
    await scheduler.advance(24 * 3_600_000);

    const started = scheduler.listTasks().map(({ name, startedAt }) => [name, startedAt?.toISOString()]);
    expect(started).toEqual([
      ['digest:send', '2030-01-01T08:00:00.000Z'],
      ['mails:send', '2030-01-01T12:00:00.000Z'],
      ['mails:send', '2030-01-02T00:00:00.000Z'],
    ]);
    expect(
      (await scheduler.listSchedules()).map(({ id, description }) => [id as string, description]),
    ).toEqual([
      ['twice', 'every 12 hours'],
      ['digest:send', 'At 09:00'],
    ]);
  });

  it('starts no run while one is unfinished, when the schedule says so', async () => {
    const { scheduler, task, runs } = setup({ handler: () => err(TaskError.retryLater(3000)) });
    const options = { overlap: 'skip' } as const;
    await scheduler.scheduleRecurring(CorrelationId(), task, { n: 1 }, { everyMs: 1000 }, options);
    await scheduler.advance(3500);

    expect([scheduler.listTasks().length, runs.length]).toEqual([1, 1]);
  });

  it.each([-1, 0.5, Number.NaN, '1000'])('refuses %p', async (ms) => {
    await expect(setup().scheduler.advance(ms as number)).rejects.toThrow(
      'expected ms to be an integer from 0 to 315360000000, got',
    );
  });
});

describe('expectScheduled', () => {
  it('finds a call by a part of its payload and its options', async () => {
    const { scheduler, task, call } = setup();
    await call({ n: 1, to: 'ada' });
    const { id } = await call({ n: 2, to: 'bob' }, { delayMs: 5, metadata: { tenant: 'a', shop: 'b' } });

    const found = scheduler.expectScheduled(task, { to: 'bob' }, { metadata: { tenant: 'a' } });
    expect(found).toEqual({
      id,
      taskName: 'mails:send',
      payload: { n: 2, to: 'bob' },
      options: { delayMs: 5, metadata: { tenant: 'a', shop: 'b' } },
      correlationId: CorrelationId('request-1'),
      disposition: 'created',
    });
    expect(scheduler.expectScheduled(task).payload).toEqual({ n: 1, to: 'ada' });
    expect(scheduler.expectScheduled(task, { to: (to) => to?.startsWith('b') === true }).id).toBe(id);
  });

  it('shows the nearest call when there is none', async () => {
    const { scheduler, task, call } = setup();
    await call({ n: 1, to: 'ada' });
    await call({ n: 2, to: 'bob' }, { delayMs: 5 });

    expect(messageOf(() => scheduler.expectScheduled(task, { n: 3, to: 'bob' }, { delayMs: 5 }))).toBe(
      [
        'expected mails:send to be scheduled with {"n":3,"to":"bob"} and {"delayMs":5}; the nearest of 2 calls is mails:send with {"n":2,"to":"bob"} and {"delayMs":5}',
        '  payload.n: expected 3, got 2',
      ].join('\n'),
    );
  });

  it('says what was scheduled instead, and that nothing was', async () => {
    const { scheduler, task, call } = setup();
    const other = defineTask({ queueName: 'mails:sent', schema: z.object({}), handler: () => ok() });
    const expectation = () => messageOf(() => scheduler.expectScheduled(other));
    const before = expectation();
    await call({ n: 1 });

    expect([before, expectation()]).toEqual([
      'expected mails:sent to be scheduled; nothing was scheduled',
      'expected mails:sent to be scheduled; it was not scheduled; mails:send was. Did you mean "mails:send"?',
    ]);
    expect(messageOf(() => scheduler.expectScheduled(task, { n: 2 }))).toContain('the only call is');
  });
});

describe('expectNothingScheduled', () => {
  it('lists what was', async () => {
    const { scheduler, task, call } = setup();
    const other = defineTask({ queueName: 'other:task', schema: z.object({}), handler: () => ok() });
    scheduler.expectNothingScheduled();
    await call({ n: 1 });
    scheduler.expectNothingScheduled(other);

    const expected = 'expected nothing to be scheduled, got\n  mails:send with {"n":1}';
    expect(messageOf(() => scheduler.expectNothingScheduled())).toBe(expected);
    expect(messageOf(() => scheduler.expectNothingScheduled(task))).toBe(expected);
    expect(scheduler.scheduled(other)).toEqual([]);
    expect(scheduler.scheduled().map(({ payload }) => payload)).toEqual([{ n: 1 }]);
  });

  it('does not know of calls that were refused', async () => {
    const { scheduler, task } = setup();
    await scheduler.schedule(CorrelationId(), task, { n: 'one' as never });

    scheduler.expectNothingScheduled();
  });
});

describe('failNext', () => {
  it('lets one call fail as if Redis were away: nothing is scheduled', async () => {
    const { scheduler, task, call } = setup();
    scheduler.failNext();
    const error = (await scheduler.schedule(CorrelationId(), task, { n: 1 }))._unsafeUnwrapErr();
    scheduler.expectNothingScheduled();
    await call({ n: 2 });

    expect(error).toMatchObject({
      code: 'queue-unavailable',
      message: 'mails:send could not be scheduled: Redis is not reachable: the test said so',
      metadata: { isUnknown: false },
    });
    expect(scheduler.listTasks().length).toBe(1);
  });

  it('answers the error that it is given, to recurring schedules too', async () => {
    const { scheduler, task } = setup();
    const error = new ScheduleError('on fire', { code: 'queue-unavailable' });
    scheduler.failNext(error);
    scheduler.failNext(error);
    const timing = { everyMs: 1000 };

    expect(await scheduler.schedule(CorrelationId(), task, { n: 1 })).toEqual(err(error));
    expect(await scheduler.scheduleRecurring(CorrelationId(), task, { n: 1 }, timing)).toEqual(err(error));
    scheduler.failNext();
    const refused = await scheduler.scheduleRecurring(CorrelationId(), task, { n: 1 }, timing);
    expect(refused._unsafeUnwrapErr().code).toBe('queue-unavailable');
    expect(await scheduler.listSchedules()).toEqual([]);
  });

  it('leaves a call alone that is refused anyway', async () => {
    const { scheduler, task } = setup();
    scheduler.failNext();
    const codes = [];
    for (const n of ['one', 1])
      codes.push(
        (await scheduler.schedule(CorrelationId(), task, { n: n as number }))._unsafeUnwrapErr().code,
      );

    expect(codes).toEqual(['invalid-payload', 'queue-unavailable']);
  });
});

describe('loseNext', () => {
  it('lets the answer of one call get lost: its task runs', async () => {
    const { scheduler, task, runs } = setup();
    scheduler.loseNext();
    const lost = (await scheduler.schedule(CorrelationId(), task, { n: 1 }))._unsafeUnwrapErr();
    await scheduler.drain();

    expect(lost).toMatchObject({ code: 'queue-unavailable', metadata: { isUnknown: true } });
    expect(scheduler.getTask(String(lost.metadata['taskId']))?.status).toBe('completed');
    expect(runs).toEqual([{ n: 1 }]);
  });
});

describe('a handle', () => {
  it('answers the result, and lets the clock go on as far as needed', async () => {
    const { scheduler, call } = setup({ handler: ({ n }) => ok({ n }) });
    const handle = await call({ n: 1 }, { delayMs: 20_000 });
    const before = await handle.status();
    const result = await handle.result();

    expect([before._unsafeUnwrap(), result._unsafeUnwrap()]).toEqual(['scheduled', { n: 1 }] as never);
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:20.000Z');
  });

  it('says that the time was too short', async () => {
    const { scheduler, call } = setup();
    const handle = await call({ n: 1 }, { delayMs: 20_000 });
    const [look, wait] = [await handle.result({ timeoutMs: 0 }), await handle.result({ timeoutMs: 19_999 })];

    expect([look, wait].map((answer) => answer._unsafeUnwrapErr().code)).toEqual(['timed-out', 'timed-out']);
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:19.999Z');
    expect((await handle.result())._unsafeUnwrap()).toBeNull();
  });

  it('says why there is no value', async () => {
    const { call } = setup({ handler: () => err(TaskError.fatal('gone')) });
    const error = (await (await call({ n: 1 })).result())._unsafeUnwrapErr();

    expect(error).toMatchObject({ code: 'failed', failure: { message: 'gone', reason: 'fatal' } });
  });

  it('refuses a wrong time', async () => {
    const { call } = setup();

    expect((await (await call({ n: 1 })).result({ timeoutMs: -1 }))._unsafeUnwrapErr()).toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining('expected timeoutMs to be an integer from 0 to 2147483647, got -1'),
    });
  });

  it('in a handler waits for another task in vain, as with one slot', async () => {
    const { task, scheduler, call } = setup({
      handler: async ({ n }, { correlationId }) => {
        if (n === 2) return ok();
        const other = (await scheduler.schedule(correlationId, task, { n: 2 }))._unsafeUnwrap();
        return ok((await other.result({ timeoutMs: 1000 })).isErr());
      },
    });
    const { id } = await call({ n: 1 });
    await scheduler.drain();

    expect(scheduler.getTask(id)?.value).toBe(true);
  });

  it('cancels a handler that waits for its signal, between two calls of advance', async () => {
    const { scheduler, call } = setup({
      handler: (_job, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(ok()))),
    });
    const handle = await call({ n: 1 });
    await scheduler.advance(10);
    const asked = (await handle.cancel('enough'))._unsafeUnwrap();
    await scheduler.advance(0);

    expect([asked.status, asked.cancelRequestedAt?.toISOString()]).toEqual([
      'running',
      '2030-01-01T00:00:00.010Z',
    ]);
    expect(scheduler.getTask(handle.id)).toMatchObject({ status: 'cancelled', cancelReason: 'enough' });
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:00.010Z');
  });

  it('tells the events of its task', async () => {
    const { call } = setup({
      handler: (_job, _context, run) => (run === 1 ? err(new TaskError('down')) : ok()),
    });
    const events = await Array.fromAsync((await call({ n: 1 })).events());

    expect(events.map(({ status }) => status)).toEqual([
      'pending',
      'running',
      'retrying',
      'running',
      'completed',
    ]);
  });

  it('ends its events when the time is over', async () => {
    const { call } = setup();
    const events = await Array.fromAsync(
      (await call({ n: 1 }, { delayMs: 5000 })).events({ timeoutMs: 1000 }),
    );

    expect(events.map(({ status, error }) => [status, error?.code])).toEqual([
      ['scheduled', undefined],
      ['scheduled', 'timed-out'],
    ]);
  });
});
