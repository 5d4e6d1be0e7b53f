import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { ResourceToken } from '../domain/ResourceToken';
import { ScheduleError } from '../domain/ScheduleError';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { TaskRegistryError } from '../domain/TaskRegistry';
import { type Item, setupTestScheduler } from './__fixtures__/setupTestScheduler';
import { createTestScheduler } from './TestScheduler';
import { testConfig } from './testConfig';

describe('createTestScheduler', () => {
  it('runs nothing by itself', async () => {
    const { scheduler, call, runs } = setupTestScheduler();
    const { id } = await call({ n: 1 });
    await new Promise((resolve) => setImmediate(resolve));

    expect([scheduler.getTask(id)?.status, runs]).toEqual(['pending', []]);
  });

  it('hands out data: handles and records compare as such', async () => {
    const { scheduler, call } = setupTestScheduler();
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
    const { task } = setupTestScheduler();
    const { scheduler, call, runs } = setupTestScheduler({ tasks: [task as TaskDefinition<unknown>] });
    const { id } = await call({ n: 1 });
    const foreign = defineTask({ queueName: 'other:task', schema: z.object({}), handler: () => ok() });
    const other = (await scheduler.schedule(CorrelationId(), foreign, {}))._unsafeUnwrap();
    await scheduler.drain();

    expect([id, other.id].map((each) => scheduler.getTask(each)?.status)).toEqual(['completed', 'pending']);
    expect(runs).toEqual([]); // the definition of the list has run, not the one of the call
  });

  it('writes the log lines of a worker', async () => {
    const logger = getMockedLogger();
    const { scheduler, call } = setupTestScheduler({ logger });
    await call({ n: 1 });
    await scheduler.drain();

    expect(logger.info.mock.calls.map(([message]) => message)).toEqual(['Task completed']);
  });

  it('has the resources that it is given, and no other', async () => {
    const token = ResourceToken<number>('rate');
    const handler = (_item: Item, ctx: TaskContext) => ok(ctx.resolve(token));
    const [one, other] = [
      setupTestScheduler({ handler, resources: [[token, 7]] }),
      setupTestScheduler({ handler }),
    ];
    const ids = [(await one.call({ n: 1 })).id, (await other.call({ n: 1 })).id];
    await Promise.all([one.scheduler.drain(), other.scheduler.drain()]);

    expect(one.scheduler.getTask(ids[0] ?? '')?.value).toBe(7);
    expect(other.scheduler.getTask(ids[1] ?? '')?.error?.message).toContain(
      'no resource is registered as "rate"',
    );
  });

  it('goes by the configuration that it is given', async () => {
    const appConfig = testConfig({ TASK_MAX_ATTEMPTS: '7' });
    const { scheduler, call } = setupTestScheduler({ appConfig });

    expect(scheduler.getTask((await call({ n: 1 })).id)?.maxAttempts).toBe(7);
  });
});

describe('failNext', () => {
  it('lets one call fail as if Redis were away: nothing is scheduled', async () => {
    const { scheduler, task, call } = setupTestScheduler();
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
    const { scheduler, task } = setupTestScheduler();
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

  it('answers that error to a handler too', async () => {
    const { scheduler, task, call } = setupTestScheduler({
      handler: async ({ n }, ctx) =>
        n > 1 ? ok() : ok((await ctx.schedule(task, { n: 2 }))._unsafeUnwrapErr().message),
    });
    const { id } = await call({ n: 1 });
    scheduler.failNext(new ScheduleError('on fire', { code: 'queue-unavailable' }));
    await scheduler.drain();

    expect(scheduler.getTask(id)?.value).toBe('on fire');
  });

  it('puts a child off until the next try, by the clock of the test', async () => {
    const { scheduler, task, call } = setupTestScheduler({
      handler: async ({ n }, { children }) => {
        if (n > 1) return ok(n);
        const [child] = await children.run([[task, { n: 2 }]]);
        return ok(child.unwrapOr(0));
      },
      patienceMs: 20,
    });
    const { id } = await call({ n: 1 });
    scheduler.failNext();
    scheduler.failNext();
    await scheduler.drain();

    expect(scheduler.getTask(id)).toMatchObject({ status: 'completed', attempt: 1, value: 2 });
    expect(scheduler.now().toISOString()).toBe('2030-01-01T00:00:01.000Z');
  });

  it('leaves a call alone that is refused anyway', async () => {
    const { scheduler, task } = setupTestScheduler();
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
    const { scheduler, task, runs } = setupTestScheduler();
    scheduler.loseNext();
    const lost = (await scheduler.schedule(CorrelationId(), task, { n: 1 }))._unsafeUnwrapErr();
    await scheduler.drain();

    expect(lost).toMatchObject({ code: 'queue-unavailable', metadata: { isUnknown: true } });
    expect(scheduler.getTask(String(lost.metadata['taskId']))?.status).toBe('completed');
    expect(runs).toEqual([{ n: 1 }]);
  });
});
