import { createTaskInspector, defineTask, type TaskDefinition, TaskError } from '@backend/tasks';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

/** A payment provider that knows an idempotency key again. */
const charges = new Map<string, number>();
const charge = async (cents: number, idempotencyKey: string) => {
  charges.set(idempotencyKey, cents);
  console.log('charged', cents);
  return { chargeId: 'ch_1' };
};

let isWarehouseOpen = false;
const reserve = async (sku: string): Promise<Result<{ shelf: string }, Error>> => {
  console.log('reserving', sku);
  return isWarehouseOpen ? ok({ shelf: 'B7' }) : err(new Error('the warehouse is closed'));
};

// #region task
const fulfilOrderTask = defineTask({
  queueName: 'orders:fulfil',
  schema: z.object({ sku: z.string(), cents: z.number().int() }),
  handler: async ({ sku, cents }, ctx) => {
    const { chargeId } = await ctx.step('charge card', ({ idempotencyKey }) => charge(cents, idempotencyKey));
    const reserved = await ctx.step('reserve stock', () => reserve(sku)); // a Result stays a Result
    if (reserved.isErr()) return err(new TaskError(reserved.error.message, { chargeId }));
    return ok({ chargeId, shelf: reserved.value.shelf });
  },
  options: { maxAttempts: 2, backoffMs: 10 },
});
// #endregion

// #region many
const remindTask = defineTask({
  queueName: 'orders:remind',
  schema: z.object({ userIds: z.array(z.string()) }),
  handler: async ({ userIds }, ctx) => {
    for (const userId of userIds) {
      await ctx.step(`remind ${userId}`, () => console.log('reminded', userId)); // a name for each
    }
    return ok({ count: userIds.length });
  },
});
// #endregion

const tasks: TaskDefinition<unknown>[] = [fulfilOrderTask, remindTask];
await using example = await startExample(tasks);
const { appConfig, logger } = example;

const { id, status, error } = await example.run(fulfilOrderTask, { sku: 'pen', cents: 1250 });
console.log(status, error?.message);

// #region look
const inspector = createTaskInspector({ tasks, logger, appConfig });
const found = await inspector.getTask(id);
if (found.isOk()) {
  for (const { name, place, endedAt } of found.value.steps ?? []) {
    console.log(place, name, endedAt instanceof Date);
  }
}
// #endregion

isWarehouseOpen = true;

// #region retry
const retried = await inspector.retry(id); // goes on with the finished steps
if (retried.isErr()) throw retried.error;
console.log(JSON.stringify((await example.ended(retried.value)).value));

const again = await inspector.retry(id, { force: true, steps: 'again' }); // charges once more, under a new key
if (again.isErr()) throw again.error;
console.log(JSON.stringify((await example.ended(again.value)).value), `${charges.size} charges`);
// #endregion

await example.run(remindTask, { userIds: ['u1', 'u2'] });
