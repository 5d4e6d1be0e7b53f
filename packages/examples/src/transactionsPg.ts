import { defineTask, type TaskDefinition } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { type ClientBase, Pool } from 'pg';
import { z } from 'zod';
import { pgTransaction } from './adapters/pgTransaction';
import { startExample } from './support/startExample';

// #region transaction
const inTransaction = async <T>(work: (client: ClientBase) => Promise<T>): Promise<T> => {
  const client = await pool.connect(); // one connection: the pool itself is no transaction
  try {
    await client.query('BEGIN');
    const answer = await work(client);
    await client.query('COMMIT');
    return answer;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
};
// #endregion

const packTask = defineTask({
  queueName: 'orders:pack',
  schema: z.object({ sku: z.string() }),
  handler: async ({ sku }, ctx) =>
    inTransaction(async (client) => {
      await client.query("UPDATE orders SET shelf = 'B7' WHERE sku = $1", [sku]);
      await ctx.completeWithin(pgTransaction(client), { shelf: 'B7' });
      return ok({ shelf: 'B7' });
    }),
});

const tasks: TaskDefinition<unknown>[] = [packTask];
await using example = await startExample(tasks);
const { appConfig, scheduler } = example;
const pool = new Pool({ connectionString: appConfig.ledgerUrl });

// #region within
const placeOrder = async (sku: string) =>
  inTransaction(async (client) => {
    await client.query('INSERT INTO orders (sku) VALUES ($1)', [sku]);
    const orders = scheduler.within(pgTransaction(client));
    const scheduled = await orders.schedule(CorrelationId(), packTask, { sku });
    if (scheduled.isErr()) throw scheduled.error;
    if (sku === 'ink') throw new Error('ink is sold out');
    return scheduled.value;
  });
// #endregion

await pool.query('CREATE TABLE orders (sku TEXT NOT NULL, shelf TEXT)');
await placeOrder('ink').catch((error: Error) => console.log(error.message));
const { id } = await placeOrder('pen');
const { status } = await example.ended(id);
const { rows } = await pool.query('SELECT sku, shelf FROM orders');
for (const order of rows) console.log(status, JSON.stringify(order));
await pool.end();
