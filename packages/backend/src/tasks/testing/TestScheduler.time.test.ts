import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { setupTestScheduler } from './__fixtures__/setupTestScheduler';
import { createTestScheduler } from './TestScheduler';
import { testConfig } from './testConfig';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('drain', () => {
  it('runs what is due, what that schedules, and further attempts; the clock moves over their waits', async () => {
    const { task, scheduler, call, runs } = setupTestScheduler({
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
    const { task, scheduler, call, runs } = setupTestScheduler({
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

  it('counts no time in which a parent waits, and cancels the children of one that outlives its time', async () => {
    const { task, scheduler, call } = setupTestScheduler({
      handler: async ({ n }, { attempt, children }) => {
        if (n > 1) return ok();
        if (attempt === 1) {
          await Promise.race([children.run([[task, { n: 2 }, { delayMs: 3_600_000 }]]), nextTurn()]);
          return err(new TaskError('down'));
        }
        await children.run([[task, { n: 3 }, { delayMs: 60_000 }]]);
        return new Promise(() => undefined);
      },
      options: { timeoutMs: 1000, maxAttempts: 2 },
    });
    const { id } = await call({ n: 1 });
    await scheduler.advance(61_600);
    const before = scheduler.listTasks().map(({ status }) => status);
    await scheduler.advance(10_000);

    expect(before).toEqual(['running', 'scheduled', 'completed']);
    expect(scheduler.getTask(id)).toMatchObject({ attempt: 2, error: { code: 'timeout' } });
    expect(scheduler.listTasks().map(({ payload, status }) => [payload, status])).toEqual([
      [{ n: 1 }, 'failed'],
      [{ n: 2 }, 'cancelled'],
      [{ n: 3 }, 'completed'],
    ]);
  });

  it('leaves what asked to run later', async () => {
    const { scheduler, call, runs } = setupTestScheduler({ handler: () => err(TaskError.retryLater(1000)) });
    await call({ n: 1 });
    await scheduler.drain();

    expect(runs.length).toBe(1);
  });

  it('ends a handler that waits for its signal, when its time is over', async () => {
    const { scheduler, call } = setupTestScheduler({
      handler: (_item, { signal }) =>
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
    const { scheduler, call } = setupTestScheduler({ handler, logger, options: { maxAttempts: 1 } });
    const { id } = await call({ n: 1 });
    await scheduler.drain();

    expect(scheduler.getTask(id)).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:32.000Z');
    expect(logger.warn.mock.calls.map(([message]) => message)).toEqual([
      'A handler ignores its abort signal; it goes on without its task',
    ]);
  });

  it('waits for a handler that takes its time', async () => {
    const { scheduler, call } = setupTestScheduler({
      handler: async () => {
        for (let turn = 0; turn < 10; turn += 1) await nextTurn();
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
    const { scheduler, call } = setupTestScheduler({ handler: () => err(TaskError.retryLater(0)) });
    await call({ n: 1 });

    await expect(scheduler.drain()).rejects.toThrow(
      'expected the tasks to come to an end, got more than 10000 attempts while the clock stood still; the last one is of mails:send',
    );
  });

  it('runs as many tasks as are due', async () => {
    const { scheduler, call, runs } = setupTestScheduler();
    for (let n = 0; n < 10_002; n += 1) await call({ n });
    await scheduler.drain();

    expect(runs.length).toBe(10_002);
  });

  it('refuses a handler that calls it', async () => {
    const { scheduler, call } = setupTestScheduler({
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
    const { scheduler, call, runs } = setupTestScheduler();
    await call({ n: 1 });
    await Promise.all([scheduler.drain(), scheduler.advance(1), scheduler.drain()]);

    expect(runs).toEqual([{ n: 1 }]);
  });
});

describe('advance', () => {
  it('runs what becomes due, each at its time', async () => {
    const times: string[] = [];
    const { scheduler, call } = setupTestScheduler({
      handler: (_item, { startedAt }) => {
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
    const { scheduler, call } = setupTestScheduler({
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
    const { task } = setupTestScheduler();
    const { scheduler } = setupTestScheduler({ tasks: [digest, task as TaskDefinition<unknown>] });
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
      ['digest:send', 'At 09:00'],
      ['twice', 'every 12 hours'],
    ]);
  });

  it('lists schedules in the order of their ids', async () => {
    const { scheduler, task } = setupTestScheduler();
    for (const id of ['b', 'a'])
      await scheduler.scheduleRecurring(CorrelationId(), task, { n: 1 }, { everyMs: 1000 }, { id });

    expect((await scheduler.listSchedules()).map(({ id }) => id as string)).toEqual(['a', 'b']);
  });

  it('is not needed for the schedules that definitions declare to be there', async () => {
    const digest = defineTask({
      queueName: 'digest:send',
      schema: z.object({}),
      handler: () => ok(),
      options: { recurring: { everyMs: 1000 } },
    });
    const create = (env = {}) =>
      createTestScheduler({ tasks: [digest as TaskDefinition<unknown>], appConfig: testConfig(env) });
    const [one, other, off] = [create(), create(), create({ TASKS_ENABLED: 'false' })];
    const id = 'digest:send';
    const taken = await one.scheduleRecurring(CorrelationId(), digest, {}, { everyMs: 5000 }, { id });

    expect(taken._unsafeUnwrapErr().message).toContain("which the definition's option recurring has");
    expect(await other.listSchedules()).toMatchObject([{ id, everyMs: 1000, origin: 'definition' }]);
    expect(await off.listSchedules()).toEqual([]);
  });

  it('starts no run while one is unfinished, when the schedule says so', async () => {
    const { scheduler, task, runs } = setupTestScheduler({ handler: () => err(TaskError.retryLater(3000)) });
    const options = { overlap: 'skip' } as const;
    await scheduler.scheduleRecurring(CorrelationId(), task, { n: 1 }, { everyMs: 1000 }, options);
    await scheduler.advance(3500);

    expect([scheduler.listTasks().length, runs.length]).toEqual([1, 1]);
    const [schedule] = await scheduler.listSchedules();
    expect(schedule?.lastRunAt?.toISOString()).toBe('2030-01-01T00:00:01.000Z');
  });

  it.each([-1, 0.5, Number.NaN, '1000'])('refuses %p', async (ms) => {
    await expect(setupTestScheduler().scheduler.advance(ms as number)).rejects.toThrow(
      'expected ms to be an integer from 0 to 315360000000, got',
    );
  });
});
