import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { TaskError } from '../../../domain/TaskError';
import { TaskId } from '../../../domain/TaskId';
import { type ContractSetup } from './ContractSetup';

/** Part of the contract of schedulers: what handles answer, and cancelling. */
export const handleContract = (setup: ContractSetup): void => {
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
      const refused = await Promise.all(
        [failed, unknown].map(async (each) => (await each.result({ timeoutMs: -1 }))._unsafeUnwrapErr().code),
      );

      expect(errors.map(({ code }) => code)).toEqual(['failed', 'removed', 'invalid-options']);
      expect(errors[0]?.failure).toEqual({ message: 'gone', code: 'fatal', reason: 'fatal', attempt: 1 });
      expect([tooShort.code, ...refused]).toEqual(['timed-out', 'invalid-options', 'invalid-options']);
    });

    it('has the last progress of its task, and tells its events', async () => {
      await using test = await setup({
        handler: async (_item, ctx) => {
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

    it('tells its events to each reader anew, until that leaves, also while it waits for the next', async () => {
      await using test = await setup();
      const handle = await test.call({ n: 1 }, { delayMs: test.ms(2) });
      const events = handle.events();
      const one = events[Symbol.asyncIterator]();
      const first = await one.next();
      const waiting = one.next();
      const left = await one.return?.();
      const answers = [first, left, await waiting, await one.next()];
      const before = await test.facts(handle.id);
      const [other] = await Promise.all([Array.fromAsync(events), test.world.pass(3)]);

      const over = { value: undefined, done: true } as const;
      expect(answers).toEqual([{ value: { status: 'scheduled' }, done: false }, over, over, over]);
      expect(before).toMatchObject({ status: 'scheduled' });
      expect([other[0], other.at(-1)]).toEqual([{ status: 'scheduled' }, { status: 'completed' }]);
    });

    it('is refused a progress that JSON cannot carry', async () => {
      await using test = await setup({
        handler: async (_item, ctx) => {
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
        handler: (_item, { signal }) => {
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
};
