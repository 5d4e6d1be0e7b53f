import { describe, expect, it } from 'bun:test';
import { SQL } from 'bun';
import { type CallerTransaction } from '../domain/CallerTransaction';
import { createBunClient } from './__fixtures__/bunClient';
import { testWithinTransaction } from './__fixtures__/testWithinTransaction';
import { toTransaction } from './SqlTransaction';

testWithinTransaction('Bun.SQL', 'sqlite', createBunClient);

/** An adapter that answers as it is told. */
const adapt = (answer: () => Promise<never>): CallerTransaction => ({ query: answer });

const failing = (error: unknown) =>
  toTransaction(
    adapt(async () => {
      throw error;
    }),
    'postgres',
  )._unsafeUnwrap().executor;

const refusalOf = (given: unknown, dialect: 'sqlite' | 'postgres' = 'postgres'): string =>
  toTransaction(given, dialect)._unsafeUnwrapErr().message;

const EXPECTED =
  'expected an open transaction: one of Bun.SQL (what sql.begin hands over), or an adapter of another client, { query(text, values) }, got ';

describe('toTransaction', () => {
  const act = (): undefined => undefined;

  it.each<[given: unknown, got: string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    ['postgres://localhost', '"postgres://localhost"'],
    [{}, 'an object without the method query'],
    [{ query: 'SELECT 1' }, 'an object without the method query'],
    [act, 'a function without the method query'],
    [
      Object.assign(act.bind(undefined), { unsafe: act, begin: act }),
      'a whole client of SQL, whose statements are no transaction',
    ],
    [
      { connect: act, query: act, totalCount: 0 },
      'a pool of pg, whose statements may each take another connection',
    ],
    [
      { connect: act, query: act },
      'a client of pg: after its BEGIN, hand over { query: async (text, values) => (await client.query(text, values)).rows }',
    ],
    [
      { execute: act, select: act, query: {} },
      'a whole database of drizzle, whose statements are no transaction',
    ],
    [
      { execute: act, select: act, rollback: act },
      'a transaction of drizzle: hand over { query(text, values) } around its execute',
    ],
    [{ query: act, prepare: act, transaction: act }, 'a database of SQLite, which is no transaction'],
  ])('refuses %o', (given, got) => {
    expect(refusalOf(given)).toBe(`${EXPECTED}${got}`);
  });

  it('refuses the client of Bun itself', async () => {
    await using sql = new SQL({ adapter: 'sqlite', filename: ':memory:' });

    expect(refusalOf(sql, 'sqlite')).toBe(
      `${EXPECTED}a whole client of SQL, whose statements are no transaction`,
    );
  });

  it('refuses a transaction on the other kind of database', async () => {
    await using sql = new SQL({ adapter: 'sqlite', filename: ':memory:' });
    await sql.begin(async (transaction) => {
      expect(toTransaction(transaction, 'sqlite').isOk()).toBe(true);
      expect(refusalOf(transaction)).toBe(
        "expected a transaction on the ledger's database, which is Postgres (LEDGER_URL), got one on SQLite",
      );
    });
  });

  it('answers that a transaction is over', async () => {
    await using sql = new SQL({ adapter: 'sqlite', filename: ':memory:' });
    const transaction = await sql.begin(async (open) => open);
    const { executor } = toTransaction(transaction, 'sqlite')._unsafeUnwrap();

    await expect(executor.query('SELECT 1')).rejects.toMatchObject({
      code: 'refused',
      message: 'the transaction is over',
    });
  });

  it('hands on what an adapter says of the commit', () => {
    const callbacks: (() => void)[] = [];
    const adapter = {
      query: async () => [],
      afterCommit: (callback: () => void) => void callbacks.push(callback),
    };
    const noted: string[] = [];
    toTransaction(adapter, 'postgres')
      ._unsafeUnwrap()
      .afterCommit?.(() => noted.push('committed'));
    for (const callback of callbacks) callback();

    expect(noted).toEqual(['committed']);
    expect(toTransaction({ query: adapter.query }, 'postgres')._unsafeUnwrap()).not.toHaveProperty(
      'afterCommit',
    );
    expect(refusalOf({ query: adapter.query, afterCommit: true })).toBe(
      'expected afterCommit of the transaction adapter to be a function, got true',
    );
  });

  it.each<[answer: unknown, got: string]>([
    [{ rows: [] }, 'an object with rows: answer its rows'],
    [undefined, 'undefined'],
  ])('refuses an adapter that answers %o', async (answer, got) => {
    const { executor } = toTransaction(
      adapt(async () => answer as never),
      'postgres',
    )._unsafeUnwrap();

    await expect(executor.query('SELECT 1')).rejects.toMatchObject({
      code: 'ledger-refused',
      message: `expected the transaction's query to answer an array of rows, got ${got}`,
    });
  });

  const withCode = (code: string) => Object.assign(new Error('it says so'), { code });
  it.each<[error: unknown, code: string]>([
    [withCode('23505'), 'duplicate'],
    [withCode('40P01'), 'busy'],
    [withCode('40001'), 'busy'],
    [withCode('57P01'), 'unavailable'],
    [withCode('25P02'), 'refused'],
    [withCode('25006'), 'refused'],
    [withCode('SQLITE_READONLY'), 'refused'],
    [withCode('42703'), 'refused'],
    [withCode('ECONNRESET'), 'unavailable'],
    [withCode('CONNECTION_CLOSED'), 'unavailable'],
    [withCode('SQLITE_BUSY'), 'busy'],
    [new Error('Failed query', { cause: withCode('40P01') }), 'busy'],
    [new Error('no code at all'), 'refused'],
    ['no error at all', 'refused'],
  ])('makes of what a client throws, %o, the code %s', async (error, code) => {
    await expect(failing(error).query('SELECT 1')).rejects.toMatchObject({ name: 'DatabaseError', code });
  });

  it.each([withCode('42P01'), new Error('no such table: tasks')])(
    'makes of what a client throws without the tables, %o, an error that says what to do',
    async (error) => {
      await expect(failing(error).query('SELECT 1')).rejects.toMatchObject({
        name: 'LedgerError',
        code: 'ledger-schema',
        message: `the tables of the ledger are not in the database of this transaction: it is another one than LEDGER_URL and LEDGER_SCHEMA say, or no worker has ever been started on it (${error.message})`,
      });
    },
  );
});
