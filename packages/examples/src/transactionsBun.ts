import { defineTask, type TaskDefinition } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { SQL } from 'bun';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

// #region complete
const packTask = defineTask({
  queueName: 'orders:pack',
  schema: z.object({ sku: z.string() }),
  handler: async ({ sku }, ctx) =>
    sql.begin('immediate', async (tx) => {
      await tx`UPDATE orders SET shelf = 'B7' WHERE sku = ${sku}`;
      await ctx.completeWithin(tx, { shelf: 'B7' }); // with the update, or not at all
      return ok({ shelf: 'B7' });
    }),
});
// #endregion

const tasks: TaskDefinition<unknown>[] = [packTask];
await using example = await startExample(tasks);
const { appConfig, scheduler } = example;

// #region within
await using sql = new SQL(appConfig.ledgerUrl); // the ledger's database is the application's own
await sql`PRAGMA busy_timeout = 2000`; // on SQLite: wait for others that write, 2 s at most

const placeOrder = async (sku: string) =>
  sql.begin('immediate', async (tx) => {
    await tx`INSERT INTO orders (sku) VALUES (${sku})`;
    const scheduled = await scheduler.within(tx).schedule(CorrelationId(), packTask, { sku });
    if (scheduled.isErr()) throw scheduled.error; // rolls the order back
    if (sku === 'ink') throw new Error('ink is sold out'); // takes the task with it
    return scheduled.value;
  });
// #endregion

await sql`CREATE TABLE orders (sku TEXT NOT NULL, shelf TEXT)`;
await placeOrder('ink').catch((error: Error) => console.log(error.message));
const { id } = await placeOrder('pen');
const { status } = await example.ended(id);
for (const order of await sql`SELECT sku, shelf FROM orders`) console.log(status, JSON.stringify(order));
