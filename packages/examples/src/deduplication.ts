import { defineTask } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

// #region idempotency
const chargeCardTask = defineTask({
  queueName: 'payments:charge',
  schema: z.object({ paymentId: z.string(), cents: z.number().int() }),
  handler: async ({ paymentId, cents }) => ok(`charged ${cents} for ${paymentId}`),
  options: { idempotencyKey: ({ paymentId }) => paymentId },
});
// #endregion

const syncAccountTask = defineTask({
  queueName: 'accounts:sync',
  schema: z.object({ accountId: z.string() }),
  handler: async ({ accountId }) => ok({ accountId }),
});

// #region debounce
const indexDocumentTask = defineTask({
  queueName: 'documents:index',
  schema: z.object({ documentId: z.string(), text: z.string() }),
  handler: async ({ documentId, text }) => ok(`indexed ${documentId}: ${text}`),
  options: { debounce: { windowMs: 1000, maxWaitMs: 5000, key: ({ documentId }) => documentId } },
});
// #endregion

await using example = await startExample([chargeCardTask, syncAccountTask, indexDocumentTask]);
const { scheduler, ended } = example;
const correlationId = CorrelationId();

// #region twice
const first = await scheduler.schedule(correlationId, chargeCardTask, { paymentId: 'pay-7', cents: 995 });
const again = await scheduler.schedule(correlationId, chargeCardTask, { paymentId: 'pay-7', cents: 995 });
if (first.isErr() || again.isErr()) throw new Error('Redis is away');
console.log(first.value.disposition, again.value.disposition, again.value.id === first.value.id);
// #endregion
console.log((await ended(first.value.id)).value);

// #region tag
const sync = await scheduler.schedule(
  correlationId,
  syncAccountTask,
  { accountId: 'a1' },
  { uniqueTag: 'a1', delayMs: 1000 },
);
const joined = await scheduler.schedule(
  correlationId,
  syncAccountTask,
  { accountId: 'a1' },
  { uniqueTag: 'a1' },
);
if (sync.isErr() || joined.isErr()) throw new Error('Redis is away');
console.log(joined.value.disposition);
await ended(sync.value.id);
const later = await scheduler.schedule(
  correlationId,
  syncAccountTask,
  { accountId: 'a1' },
  { uniqueTag: 'a1' },
);
if (later.isOk()) console.log(later.value.disposition);
// #endregion

for (const text of ['D', 'Dr', 'Drover']) {
  const typed = await scheduler.schedule(correlationId, indexDocumentTask, { documentId: 'd1', text });
  if (typed.isErr()) throw typed.error;
  console.log(typed.value.disposition);
  if (text === 'Drover') console.log((await ended(typed.value.id)).value);
}
