import { describe, expect, it } from 'bun:test';
import { ScheduleError } from '@backend/tasks/domain/ScheduleError';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { getMockedTaskScheduler } from './TaskScheduler.mock';

const task = defineTask({ queueName: 'a:b', schema: z.object({ n: z.number() }), handler: async () => ok() });
const timing = { everyMs: 1000 };
const correlationId = CorrelationId('request-1');

describe('getMockedTaskScheduler', () => {
  it('notes recurring schedules, and answers their ids', async () => {
    const scheduler = getMockedTaskScheduler();
    const named = await scheduler.scheduleRecurring(correlationId, task, { n: 1 }, timing, { id: 'mine' });
    const other = await scheduler.scheduleRecurring(correlationId, task, { n: 1 }, timing);
    const call = { correlationId, taskName: 'a:b', payload: { n: 1 }, timing };

    expect([named._unsafeUnwrap() as string, other._unsafeUnwrap()]).toEqual([
      'mine',
      expect.stringMatching(/^a:b-[0-9a-f]{12}$/),
    ]);
    expect(scheduler.recurringCalls).toEqual([
      { ...call, options: { id: 'mine' } },
      { ...call, options: {} },
    ]);
  });

  it('refuses recurring schedules within a transaction, as in production', async () => {
    const scheduler = getMockedTaskScheduler();
    const within = scheduler.within({ query: async () => [] });
    const kept = await within.scheduleRecurring(correlationId, task, { n: 1 }, timing);
    await within.schedule(correlationId, task, { n: 1 });

    expect(kept._unsafeUnwrapErr().code).toBe('invalid-options');
    expect([scheduler.recurringCalls.length, scheduler.calls.length]).toEqual([0, 1]);
  });

  it('hands out handles of tasks that never run', async () => {
    const scheduler = getMockedTaskScheduler();
    const scheduled = (await scheduler.schedule(correlationId, task, { n: 1 }))._unsafeUnwrap();
    const found = scheduler.handle(task, scheduled.id);
    const told = await Array.fromAsync(found.events());

    expect([scheduled.disposition, found.id, found.taskName]).toEqual(['created', scheduled.id, 'a:b']);
    expect((await scheduled.status())._unsafeUnwrap()).toBe('pending');
    expect((await found.result())._unsafeUnwrapErr().code).toBe('timed-out');
    expect((await found.progress())._unsafeUnwrap()).toBeUndefined();
    expect(told.map(({ status, error: ended }) => [status, ended?.code])).toEqual([
      ['pending', undefined],
      ['pending', 'timed-out'],
    ]);
  });

  it('answers the error it is given', async () => {
    const error = new ScheduleError('Redis is down', { code: 'queue-unavailable' });
    const scheduler = getMockedTaskScheduler({ error });

    expect(await scheduler.scheduleRecurring(correlationId, task, { n: 1 }, timing)).toEqual(err(error));
  });
});
