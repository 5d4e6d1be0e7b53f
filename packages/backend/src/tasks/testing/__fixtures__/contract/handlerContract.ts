import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { TaskError } from '../../../domain/TaskError';
import { type ContractSetup } from './ContractSetup';

/** Part of the contract of schedulers: what handlers may ask of their context: other tasks, children, steps. */
export const handlerContract = (setup: ContractSetup): void => {
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

    it('that is cancelled while it waits for children leaves its slot to others', async () => {
      await using test = await setup({
        handler: async ({ n }, ctx) => {
          if (n === 2) await test.world.scheduler.handle(test.task, String(ctx.parentId)).cancel('enough');
          if (n > 1) return ok();
          await ctx.children.run([
            [test.other, { n: 2 }],
            [test.other, { n: 3 }, { delayMs: test.ms(600) }],
          ]);
          return ok();
        },
      });
      const parent = await test.call({ n: 1 });
      await test.world.pass(1);
      const next = await test.call({ n: 4 });
      await test.world.pass(0);

      expect(await test.facts(parent.id)).toMatchObject({ status: 'cancelled' });
      expect(await test.facts(next.id)).toMatchObject({ status: 'completed' });
      expect(test.runs.map(({ n }) => n)).toEqual([1, 2, 4]);
    });

    it('that ends without a child that it still waits for leaves its slot to others', async () => {
      await using test = await setup({
        handler: async ({ n }, { children }) => {
          if (n > 1) return ok(n);
          const [quick] = await Promise.race([
            children.run([[test.other, { n: 2 }]]),
            children.run([[test.other, { n: 3 }, { delayMs: test.ms(600) }]]),
          ]);
          return ok(quick.unwrapOr(undefined));
        },
      });
      const parent = await test.call({ n: 1 });
      await test.world.pass(1);
      const next = await test.call({ n: 4 });
      await test.world.pass(0);

      expect(await test.facts(parent.id)).toMatchObject({ status: 'completed', value: 2 });
      expect(await test.facts(next.id)).toMatchObject({ status: 'completed' });
      expect(test.runs.map(({ n }) => n)).toEqual([1, 2, 4]);
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
        handler: async (_item, { step, attempt }) => {
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

    it('answers what it kept, whatever an earlier attempt did to its result', async () => {
      const answers: string[] = [];
      await using test = await setup({
        handler: async (_item, { step }, run) => {
          const list = await step('load', () => ['first']);
          answers.push(list.join());
          list.push('second');
          return run === 1 ? err(new TaskError('once')) : ok();
        },
        options: { backoffMs: 1 },
      });
      await test.call({ n: 1 });
      await test.world.pass(1);

      expect(answers).toEqual(['first', 'first']);
    });

    it('of a name that was used is refused', async () => {
      await using test = await setup({
        handler: async (_item, { step }) => {
          await step('charge', () => 1);
          await step('charge', () => 2);
          return ok();
        },
      });

      expect(await test.runOne()).toMatchObject({ status: 'failed', error: { code: 'fatal', attempt: 1 } });
    });
  });
};
