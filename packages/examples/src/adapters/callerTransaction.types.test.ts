import { expect, it } from 'bun:test';
import { type TaskScheduler } from '@backend/tasks';
import { toTransaction } from '@backend/tasks/ledger/SqlTransaction';
import { Client, Pool } from 'pg';

// The compiler runs this test too: a @ts-expect-error that expects nothing is an error of its own.

it('a pool and a client of pg are no transactions, to the compiler either', () => {
  const take = (transaction: Parameters<TaskScheduler['within']>[0]) =>
    toTransaction(transaction, 'postgres').isErr();
  // @ts-expect-error: its statements may each take another connection
  expect(take(new Pool())).toBe(true);
  // @ts-expect-error: it answers an object with rows
  expect(take(new Client())).toBe(true);
});
