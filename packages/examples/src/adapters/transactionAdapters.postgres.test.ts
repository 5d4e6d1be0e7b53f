import {
  type ConnectClient,
  testConcurrentTransactions,
  testWithinTransaction,
} from '@backend/tasks/ledger/__fixtures__/testWithinTransaction';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import postgres from 'postgres';
import { drizzleTransaction } from './drizzleTransaction';
import { pgTransaction } from './pgTransaction';
import { postgresJsTransaction } from './postgresJsTransaction';

/** Ended, it leaves its connections to end by themselves: the server may be quicker, and says so. */
const createPool = (url: string): Pool => new Pool({ connectionString: url }).on('error', () => undefined);

const createPg: ConnectClient = async (url) => {
  const pool = createPool(url);
  return {
    transaction: async (work) => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        await work(pgTransaction(client), (text) => client.query(text));
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
};

const createPostgresJs =
  (toTransaction: typeof postgresJsTransaction | 'as it is'): ConnectClient =>
  async (url) => {
    const client = postgres(url, { max: 2 });
    return {
      transaction: async (work) => {
        await client.begin((transaction) =>
          work(toTransaction === 'as it is' ? transaction : toTransaction(transaction), (text) =>
            transaction.unsafe(text),
          ),
        );
      },
      [Symbol.asyncDispose]: () => client.end(),
    };
  };

const createDrizzle: ConnectClient = async (url) => {
  const pool = createPool(url);
  return {
    transaction: (work) =>
      drizzle({ client: pool }).transaction((transaction) =>
        work(drizzleTransaction(transaction), (text) => transaction.execute(sql.raw(text))),
      ),
    [Symbol.asyncDispose]: () => pool.end(),
  };
};

const clients: [name: string, connect: ConnectClient][] = [
  ['pg', createPg],
  ['postgres.js', createPostgresJs(postgresJsTransaction)],
  ['postgres.js as it is', createPostgresJs('as it is')],
  ['drizzle', createDrizzle],
];

for (const [name, connect] of clients) {
  testWithinTransaction(name, 'postgres', connect);
  testConcurrentTransactions(name, connect);
}
