import { describe, expect, it } from 'bun:test';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { type CallerTransaction } from '../../domain/CallerTransaction';
import { defineTask } from '../../domain/TaskDefinition';
import { TaskError } from '../../domain/TaskError';
import { createTestScheduler } from '../TestScheduler';

const transaction: CallerTransaction = { query: async () => [] };

const task = defineTask({
  queueName: 'orders:pay',
  schema: z.object({ amount: z.number() }),
  output: z.object({ paid: z.number() }),
  handler: async ({ amount }, { completeWithin }) => {
    await completeWithin(transaction, { paid: amount });
    return amount > 100 ? err(new TaskError('the line after the commit failed')) : ok({ paid: 0 });
  },
});

describe('completeWithin in the testing kit', () => {
  it.each([1, 101])(
    'completes the task of %i with its value, whatever the handler returns then',
    async (amount) => {
      const kit = createTestScheduler({ tasks: [task] });
      const handle = (await kit.schedule(CorrelationId(), task, { amount }))._unsafeUnwrap();
      await kit.drain();

      expect((await handle.result({ timeoutMs: 0 }))._unsafeUnwrap()).toEqual({ paid: amount });
    },
  );

  it('refuses a value that cannot be the result', async () => {
    const wrong = defineTask({
      ...{ queueName: 'orders:wrong', schema: z.object({}), output: z.object({ paid: z.number() }) },
      handler: async (_payload, { completeWithin }) => {
        await completeWithin(transaction, { paid: 'much' });
        return ok({ paid: 1 });
      },
    });
    const kit = createTestScheduler({ tasks: [wrong] });
    const handle = (await kit.schedule(CorrelationId(), wrong, {}))._unsafeUnwrap();
    await kit.drain();

    expect((await handle.result({ timeoutMs: 0 }))._unsafeUnwrapErr()).toMatchObject({
      code: 'failed',
      failure: { code: 'invalid-output' },
    });
  });

  it('schedules within a transaction at once', async () => {
    const kit = createTestScheduler({ tasks: [task] });
    const scheduled = await kit.within(transaction).schedule(CorrelationId(), task, { amount: 1 });

    expect(scheduled._unsafeUnwrap().disposition).toBe('created');
    expect(kit.scheduled()).toHaveLength(1);
  });

  it('refuses a recurring schedule within a transaction, as in production', async () => {
    const kit = createTestScheduler({ tasks: [task] });
    const timing = { everyMs: 60_000 };
    const kept = await kit
      .within(transaction)
      .scheduleRecurring(CorrelationId(), task, { amount: 1 }, timing);

    expect(kept._unsafeUnwrapErr()).toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining('schedules are no part of transactions'),
    });
    expect((await kit.scheduleRecurring(CorrelationId(), task, { amount: 1 }, timing)).isOk()).toBe(true);
  });
});
