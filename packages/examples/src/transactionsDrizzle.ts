import { defineTask, type TaskDefinition } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { drizzleTransaction } from './adapters/drizzleTransaction';
import { startExample } from './support/startExample';

const orders = pgTable('orders', { sku: text().notNull(), shelf: text() });

const packTask = defineTask({
  queueName: 'orders:pack',
  schema: z.object({ sku: z.string() }),
  handler: async ({ sku }, ctx) =>
    db.transaction(async (tx) => {
      await tx.update(orders).set({ shelf: 'B7' }).where(eq(orders.sku, sku));
      await ctx.completeWithin(drizzleTransaction(tx), { shelf: 'B7' });
      return ok({ shelf: 'B7' });
    }),
});

const tasks: TaskDefinition<unknown>[] = [packTask];
await using example = await startExample(tasks);
const { appConfig, scheduler } = example;
const db = drizzle(appConfig.ledgerUrl);

// #region within
const placeOrder = async (sku: string) =>
  db.transaction(async (tx) => {
    await tx.insert(orders).values({ sku });
    const inOrder = scheduler.within(drizzleTransaction(tx));
    const scheduled = await inOrder.schedule(CorrelationId(), packTask, { sku });
    if (scheduled.isErr()) throw scheduled.error;
    if (sku === 'ink') throw new Error('ink is sold out');
    return scheduled.value;
  });
// #endregion

await db.execute(sql`CREATE TABLE orders (sku TEXT NOT NULL, shelf TEXT)`);
await placeOrder('ink').catch((error: Error) => console.log(error.message));
const { id } = await placeOrder('pen');
const { status } = await example.ended(id);
for (const order of await db.select().from(orders)) console.log(status, JSON.stringify(order));
await db.$client.end();
