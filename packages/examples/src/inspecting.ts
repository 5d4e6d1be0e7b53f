import { createTaskInspector, defineTask, TaskError } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const sendInvoiceTask = defineTask({
  queueName: 'invoices:send',
  schema: z.object({ invoice: z.string(), email: z.string() }),
  handler: async ({ invoice, email }) => {
    if (!email.includes('@')) return err(TaskError.fatal('no such address', { email }));
    return ok({ invoice });
  },
});

const tasks = [sendInvoiceTask];
await using example = await startExample(tasks);
const { scheduler, logger, appConfig } = example;

// #region create
const inspector = createTaskInspector({ tasks, logger, appConfig });
// #endregion

await example.run(sendInvoiceTask, { invoice: 'A-1', email: 'ada@example.test' });
const { id: failedId } = await example.run(sendInvoiceTask, { invoice: 'A-2', email: 'nobody' });

const scheduled = await scheduler.schedule(
  CorrelationId(),
  sendInvoiceTask,
  { invoice: 'A-3', email: 'grace@example.test' },
  { delayMs: 3_600_000 },
);
if (scheduled.isErr()) throw scheduled.error;
const { id } = scheduled.value;

// #region why
const explained = await inspector.why(id);
if (explained.isOk()) {
  console.log(explained.value.sentence);
  for (const fact of explained.value.facts) {
    if (fact.reason === 'no-worker') console.log(`start a worker that takes ${fact.taskName}`);
  }
}
// #endregion

// #region cancel
const cancelled = await inspector.cancel(id, 'the order was withdrawn');
cancelled.match(
  ({ status, cancelReason }) => console.log(status, cancelReason),
  ({ code, message }) => console.log(code, message),
);
// #endregion

const refused = await inspector.cancel(failedId);
if (refused.isErr()) console.log(refused.error.code);

// #region list
const dayAgo = new Date(Date.now() - 24 * 60 * 60 * 1000);
let cursor: string | undefined;
do {
  const page = await inspector.getTasks({
    name: 'invoices:send',
    status: ['failed', 'cancelled'],
    createdAfter: dayAgo,
    limit: 1,
    ...(cursor === undefined ? {} : { cursor }),
  });
  if (page.isErr()) throw page.error;
  for (const { status, payload } of page.value.tasks) console.log(status, JSON.stringify(payload));
  cursor = page.value.nextCursor;
} while (cursor !== undefined);
// #endregion

// #region stats
const stats = await inspector.getStats({ name: 'invoices:send', windowMs: 600_000 });
if (stats.isErr()) throw stats.error;
for (const { taskName, counts, sampleCount, failureRate, waitMs } of stats.value) {
  console.log(taskName, `${counts.completed} completed, ${counts.cancelled} cancelled`);
  console.log(`${sampleCount} ended, failure rate ${failureRate ?? 'unknown'}`);
  if ((waitMs?.p95 ?? 0) > 60_000) console.log('tasks wait for more than a minute: start more workers');
}
// #endregion

// #region retry
const retried = await inspector.retry(id); // the order is wanted after all
if (retried.isErr()) throw retried.error;
const { status, payload, retriedFrom } = await example.ended(retried.value); // a new task
console.log(status, JSON.stringify(payload), retriedFrom === id);

const again = await inspector.retry(id);
if (again.isErr()) console.log(again.error.code); // with { force: true } it would be done once more
// #endregion
