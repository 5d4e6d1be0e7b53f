import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { TaskError } from '../../../domain/TaskError';
import { type ContractSetup, type Setup } from './ContractSetup';

/** Part of the contract of schedulers: what becomes of attempts that fail. */
export const failureContract = (setup: ContractSetup): void => {
  describe('a failed attempt', () => {
    it('is followed by another one, after its wait', async () => {
      await using test = await setup({
        handler: (_item, _context, run) => (run === 1 ? err(new TaskError('down', { host: 'a' })) : ok(run)),
      });
      const { id } = await test.call({ n: 1 }, { backoffMs: test.ms(3) });
      await test.world.pass(1);
      const before = await test.facts(id);
      await test.world.pass(3);

      const error = { message: 'down', code: 'task-failed', attempt: 1, metadata: { host: 'a' } };
      const item = { payload: { n: 1 }, maxAttempts: 3 };
      expect(before).toEqual({ ...item, status: 'retrying', attempt: 1, error });
      expect(await test.facts(id)).toEqual({ ...item, status: 'completed', attempt: 2, value: 2 });
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
        handler: (_item, { signal }) =>
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
};
