import { defineTask, type TaskDefinition } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { validate } from '@core/validation/validate';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const receiptSchema = z.object({ email: z.email(), totalCents: z.number().int().positive() });

// #region schema
const sendReceiptTask = defineTask({
  queueName: 'billing:send-receipt',
  schema: receiptSchema,
  output: z.object({ subject: z.string() }),
  handler: async ({ email, totalCents }, ctx) => {
    ctx.logger.info('Sending a receipt', { email });
    return ok({ subject: `Your receipt over ${totalCents / 100} EUR` });
  },
  options: { priority: 'high', maxAttempts: 5, timeoutMs: 10_000 },
});
// #endregion

// #region validator
type Receipt = z.output<typeof receiptSchema>;

const bookReceiptTask = defineTask({
  queueName: 'billing:book-receipt',
  validator: (data) => validate(receiptSchema, data),
  handler: async (receipt: Receipt) => ok({ bookedCents: receipt.totalCents }),
});
// #endregion

// #region registry
const tasks: TaskDefinition<unknown>[] = [sendReceiptTask, bookReceiptTask];
// #endregion

await using example = await startExample(tasks);
const sent = await example.run(sendReceiptTask, { email: 'ada@example.test', totalCents: 1250 });
console.log(sent.name, sent.status, JSON.stringify(sent.value));
const booked = await example.run(bookReceiptTask, { email: 'ada@example.test', totalCents: 1250 });
console.log(booked.name, booked.status, JSON.stringify(booked.value));

// #region refused
const refused = await example.scheduler.schedule(CorrelationId(), sendReceiptTask, {
  email: 'nobody',
  totalCents: 1250,
});
if (refused.isErr()) console.log(refused.error.code, JSON.stringify(refused.error.issues));
// #endregion
