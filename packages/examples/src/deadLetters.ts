import { createDeadLetterQueue, defineTask, type TaskDefinition, TaskError } from '@backend/tasks';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

let isBankOpen = false;

const chargeTask = defineTask({
  queueName: 'billing:charge',
  schema: z.object({ orderId: z.string() }),
  handler: async ({ orderId }) =>
    isBankOpen ? ok({ orderId }) : err(new TaskError('the bank refused', { orderId, status: 503 })),
  options: { maxAttempts: 2, backoffMs: 10 },
});
const tasks: TaskDefinition<unknown>[] = [chargeTask];

await using example = await startExample(tasks);
const { appConfig, logger } = example;
for (const orderId of ['o1', 'o2', 'o3']) await example.run(chargeTask, { orderId });

// #region list
const deadLetters = createDeadLetterQueue({ tasks, logger, appConfig });

const letters = await deadLetters.list({ limit: 10 });
if (letters.isErr()) throw letters.error;
for (const { name, payload, error, attempts } of letters.value) {
  console.log(name, JSON.stringify(payload), error.reason, `after ${attempts} attempts:`, error.message);
}
// #endregion

const oldest = letters.value.at(-1);
if (oldest === undefined) throw new Error('expected three letters, got none');
isBankOpen = true;

// #region retry
const retried = await deadLetters.retry(oldest.id);
if (retried.isErr()) throw retried.error;
const { status, correlationId, retriedFrom } = await example.ended(retried.value); // a new task
console.log(status, correlationId === oldest.correlationId, retriedFrom === oldest.id);

const again = await deadLetters.retry(oldest.id);
if (again.isErr()) console.log(again.error.code); // with { force: true } it would be done once more
// #endregion

// #region retryAll
const rest = await deadLetters.retryAll({ name: 'billing:charge', failedBefore: new Date() });
if (rest.isOk()) console.log(`${rest.value.retriedCount} retried, ${rest.value.skippedCount} skipped`);
// #endregion

// #region purge
const weekMs = 7 * 24 * 60 * 60 * 1000;
const purged = await deadLetters.purge(weekMs); // 0 deletes all
const left = await deadLetters.count();
if (purged.isOk() && left.isOk()) console.log(`${purged.value} purged, ${left.value} left`);
// #endregion
