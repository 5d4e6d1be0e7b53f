import { defineTask, type TaskDefinition } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import postgres from 'postgres';
import { z } from 'zod';
import { postgresJsTransaction } from './adapters/postgresJsTransaction';
import { startExample } from './support/startExample';

const packTask = defineTask({
  queueName: 'orders:pack',
  schema: z.object({ sku: z.string() }),
  handler: async ({ sku }, ctx) => {
    await sql.begin(async (tx) => {
      await tx`UPDATE orders SET shelf = 'B7' WHERE sku = ${sku}`;
      await ctx.completeWithin(postgresJsTransaction(tx), { shelf: 'B7' });
    });
    return ok({ shelf: 'B7' });
  },
});

const tasks: TaskDefinition<unknown>[] = [packTask];
await using example = await startExample(tasks);
const { appConfig, scheduler } = example;
const sql = postgres(appConfig.ledgerUrl);

// #region within
const placeOrder = async (sku: string) =>
  sql.begin(async (tx) => {
    await tx`INSERT INTO orders (sku) VALUES (${sku})`;
    const orders = scheduler.within(postgresJsTransaction(tx)); // or tx as it is
    const scheduled = await orders.schedule(CorrelationId(), packTask, { sku });
    if (scheduled.isErr()) throw scheduled.error;
    if (sku === 'ink') throw new Error('ink is sold out');
    return scheduled.value;
  });
// #endregion

await sql`CREATE TABLE orders (sku TEXT NOT NULL, shelf TEXT)`;
await placeOrder('ink').catch((error: Error) => console.log(error.message));
const { id } = await placeOrder('pen');
const { status } = await example.ended(id);
for (const order of await sql`SELECT sku, shelf FROM orders`) console.log(status, JSON.stringify(order));
await sql.end();
