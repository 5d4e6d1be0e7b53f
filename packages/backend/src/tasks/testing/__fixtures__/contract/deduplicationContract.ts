import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { TaskError } from '../../../domain/TaskError';
import { type ContractSetup } from './ContractSetup';

/** Part of the contract of schedulers: which calls make one task. */
export const deduplicationContract = (setup: ContractSetup): void => {
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
        handler: (_item, _context, run) => (run === 1 ? err(new TaskError('down')) : ok()),
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
};
