import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { err, ok } from 'neverthrow';
import { skipped } from '../../../domain/Skipped';
import { TaskError } from '../../../domain/TaskError';
import { type TaskId } from '../../../domain/TaskId';
import { type ContractSetup, type Handler } from './ContractSetup';

/** Part of the contract of schedulers: how tasks run: with what, when, in which order. */
export const runningContract = (setup: ContractSetup): void => {
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

      const item = { payload: { n: 2 }, maxAttempts: 5 };
      expect(before).toEqual({ ...item, status: 'pending', attempt: 0 });
      expect(await test.facts(handle.id)).toEqual({
        ...item,
        status: 'completed',
        attempt: 1,
        value: { doubled: 4 },
      });
      const { id: taskId, taskName, correlationId } = handle;
      expect(seen).toEqual([{ taskId, taskName, correlationId, attempt: 1, ...given }]);
    });

    it('has the same fields at each point of its life', async () => {
      await using test = await setup({
        handler: (_item, _context, run) => (run === 1 ? err(new TaskError('once')) : ok()),
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

    it('has what was scheduled in each attempt, whatever a handler does to its copy', async () => {
      const seen: unknown[] = [];
      await using test = await setup({
        handler: (_item, { metadata }, run) => {
          seen.push({ ...metadata });
          Object.assign(metadata, { tenant: 'changed' });
          return run === 1 ? err(new TaskError('once')) : ok(metadata);
        },
        options: { backoffMs: 1 },
      });
      const { id } = await test.call({ n: 1 }, { metadata: { tenant: 'a' } });
      await test.world.pass(1);
      const [one, other] = [await test.world.record(id), await test.world.record(id)];
      for (const each of [one?.metadata, one?.value])
        Object.assign(each as object, { tenant: 'changed too' }); // both are

      expect(seen).toEqual([{ tenant: 'a' }, { tenant: 'a' }]);
      expect(other).toMatchObject({ metadata: { tenant: 'a' }, value: { tenant: 'changed' } });
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

  describe('a task that asks to run later', () => {
    it('waits, and uses no attempt', async () => {
      let laterMs = 0;
      await using test = await setup({
        handler: (_item, { attempt }, run) =>
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
        handler: (_item, _context, run) => (run === 1 ? err(new TaskError('down')) : ok()),
      });
      const { id } = await test.call({ n: 1 }, { expiresInMs: test.ms(2), backoffMs: test.ms(4) });
      await test.world.pass(5);

      expect(await test.facts(id)).toMatchObject({ status: 'completed', attempt: 2 });
    });
  });

  describe('a recurring schedule', () => {
    it('runs when its time has come, as a task of its own that knows it, and says when', async () => {
      const seen: { readonly taskId: TaskId; readonly scheduleId: string | undefined }[] = [];
      await using test = await setup({
        handler: (_item, { taskId, scheduleId }) => {
          seen.push({ taskId, scheduleId });
          return ok();
        },
      });
      const everyMs = Math.max(1000, test.world.tickMs);
      const [correlationId, options] = [CorrelationId(), { id: 'contract' }];
      const { scheduler } = test.world;
      (
        await scheduler.scheduleRecurring(correlationId, test.task, { n: 1 }, { everyMs }, options)
      )._unsafeUnwrap();
      const [before] = await test.world.listSchedules();
      await test.world.pass(Math.ceil(everyMs / test.world.tickMs) + 2);
      const [after] = await test.world.listSchedules();
      const record = await test.world.record(seen.at(-1)?.taskId ?? '');

      expect(before).toMatchObject({ id: 'contract', everyMs, payload: { n: 1 }, correlationId });
      expect(before?.lastRunAt).toBeUndefined();
      expect(test.runs[0]).toEqual({ n: 1 });
      expect([...new Set(seen.map(({ scheduleId }) => scheduleId))]).toEqual(['contract']);
      expect(record).toMatchObject({ name: 'contract:main', status: 'completed', scheduleId: 'contract' });
      expect(record?.correlationId).not.toBe(correlationId);
      expect(Number(record?.startedAt) - Number(after?.lastRunAt)).toBeWithin(-everyMs, everyMs);
    });

    it('has an id that no other task may take, at the same moment neither', async () => {
      await using test = await setup();
      const answers = await Promise.all(
        [test.task, test.other].map((task) =>
          test.world.scheduler.scheduleRecurring(
            CorrelationId(),
            task,
            { n: 1 },
            { everyMs: 60_000 },
            { id: 'shared' },
          ),
        ),
      );
      const codes = answers.map((answer) =>
        answer.match(
          () => 'kept',
          ({ code }) => code,
        ),
      );

      expect(codes.toSorted()).toEqual(['invalid-options', 'kept']);
      expect((await test.world.listSchedules()).length).toBe(1);
    });
  });
};
