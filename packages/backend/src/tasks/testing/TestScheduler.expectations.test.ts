import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { setupTestScheduler } from './__fixtures__/setupTestScheduler';
import { ScheduleExpectationError } from './ScheduleExpectation';
import { TestingError } from './TestingError';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof ScheduleExpectationError ? thrown.message : `no expectation: ${String(thrown)}`;
  }
  return 'nothing was thrown';
};

describe('expectScheduled', () => {
  it('finds a call by a part of its payload and its options', async () => {
    const { scheduler, task, call } = setupTestScheduler();
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
    const { scheduler, task, call } = setupTestScheduler();
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
    const { scheduler, task, call } = setupTestScheduler();
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

describe('a task that is none', () => {
  it.each([undefined, {}, null])('is refused by expectScheduled: %p', (task) => {
    const { scheduler } = setupTestScheduler();

    expect(() => scheduler.expectScheduled(task as never)).toThrow(
      new TestingError(`expected task to be what defineTask returns, got ${JSON.stringify(task)}`),
    );
  });

  it('is refused by expectNothingScheduled and scheduled', () => {
    const { scheduler } = setupTestScheduler();
    const refusal = new TestingError('expected task to be what defineTask returns, got {}');

    expect(() => scheduler.expectNothingScheduled({} as never)).toThrow(refusal);
    expect(() => scheduler.scheduled({} as never)).toThrow(refusal);
  });
});

describe('expectNothingScheduled', () => {
  it('lists what was', async () => {
    const { scheduler, task, call } = setupTestScheduler();
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
    const { scheduler, task } = setupTestScheduler();
    await scheduler.schedule(CorrelationId(), task, { n: 'one' as never });

    scheduler.expectNothingScheduled();
  });
});

describe('scheduled', () => {
  it('keeps the calls as they were made', async () => {
    const { scheduler, task, call } = setupTestScheduler();
    const [before, item, metadata] = [scheduler.scheduled(), { n: 0 }, { tenant: 'a' }];
    for (const n of [1, 2]) await call(Object.assign(item, { n }), { metadata });
    const unawaited = [3, 4].map((n) => call(Object.assign(item, { n }), { metadata }));
    metadata.tenant = 'b';
    await Promise.all(unawaited);

    expect(before).toEqual([]);
    expect(scheduler.scheduled(task).map(({ payload, options }) => [payload.n, options])).toEqual(
      [1, 2, 3, 4].map((n) => [n, { metadata: { tenant: 'a' } }]),
    );
  });

  it('lists each child once, with what its call did', async () => {
    const { scheduler, task, call } = setupTestScheduler({
      handler: async ({ n }, { children }, run) => {
        if (n > 1) return ok();
        const waiting = children.run([
          [task, { n: 2 }, { delayMs: 60_000, uniqueTag: 'two' }],
          [debounced, { n: 3 }],
        ]);
        if (run > 1) return ok((await waiting).length);
        await Promise.race([waiting, nextTurn()]);
        return err(new TaskError('down'));
      },
    });
    const debounced = defineTask({
      queueName: 'mails:debounced',
      schema: z.object({ n: z.number() }),
      handler: () => ok(),
      options: { debounce: { windowMs: 60_000, key: () => 'k' } },
    });
    await scheduler.schedule(CorrelationId(), debounced, { n: 9 });
    const { id } = await call({ n: 1 });
    await scheduler.drain();

    expect(scheduler.getTask(id)).toMatchObject({ status: 'completed', attempt: 2, value: 2 });
    expect(scheduler.scheduled().map(({ payload, disposition }) => [payload, disposition])).toEqual([
      [{ n: 9 }, 'created'],
      [{ n: 1 }, 'created'],
      [{ n: 2 }, 'created'],
      [{ n: 3 }, 'replaced'],
    ]);
  });
});
