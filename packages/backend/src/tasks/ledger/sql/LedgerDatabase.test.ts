import { describe, expect, it } from 'bun:test';
import { DatabaseError, type DatabaseErrorCode } from '@backend/database/DatabaseError';
import { type SqlDatabase } from '@backend/database/SqlDatabase';
import { createSqlTables } from '@backend/database/SqlTables';
import { LedgerError } from '../LedgerError';
import { createLedgerDatabase, toLedgerError, withinTransaction } from './LedgerDatabase';

const failure = (code: DatabaseErrorCode) => new DatabaseError(`it is ${code}`, { code });

/** A database of which only the identity counts, migrated by a function that fails as often as it is told. */
const setup = (migrationFailures: readonly Error[] = [], { deadlineMs = 2000 } = {}) => {
  const failures = [...migrationFailures];
  const counts = { migrations: 0 };
  const ledgerDatabase = createLedgerDatabase({
    database: {} as SqlDatabase,
    tables: createSqlTables('sqlite', undefined),
    queuePrefix: 'test',
    deadlineMs,
    migrate: async () => {
      counts.migrations += 1;
      await new Promise((resolve) => setImmediate(resolve));
      const next = failures.shift();
      if (next !== undefined) throw next;
    },
  });
  return { ledgerDatabase, counts };
};

/** Work that fails with the errors given, one for each try, and then answers. */
const failing = (errors: readonly Error[]) => {
  const left = [...errors];
  const counts = { tries: 0 };
  const work = async (): Promise<string> => {
    counts.tries += 1;
    const next = left.shift();
    if (next !== undefined) throw next;
    return 'written';
  };
  return { work, counts };
};

describe('run', () => {
  it('brings the tables up to date once, before the first work', async () => {
    const { ledgerDatabase, counts } = setup();
    const works = [1, 2, 3].map((each) => ledgerDatabase.run(async () => each));

    expect((await Promise.all(works)).map((answer) => answer._unsafeUnwrap())).toEqual([1, 2, 3]);
    await ledgerDatabase.run(async () => 4);
    expect(counts.migrations).toBe(1);
  });

  it('brings them up to date again when they are gone, and then does the work', async () => {
    const { ledgerDatabase, counts } = setup();
    await ledgerDatabase.run(async () => 1);
    const tableless = new DatabaseError('no such table: tasks', { code: 'refused' });
    const { work, counts: works } = failing([tableless]);

    expect((await ledgerDatabase.run(work))._unsafeUnwrap()).toBe('written');
    expect({ ...counts, ...works }).toEqual({ migrations: 2, tries: 2 });
    const failed = await ledgerDatabase.run(failing(Array.from({ length: 9 }, () => tableless)).work);
    expect(failed._unsafeUnwrapErr().code).toBe('ledger-refused');
  });

  it('brings them up to date again when that failed, for all that wait at once', async () => {
    const { ledgerDatabase, counts } = setup([failure('unavailable'), failure('busy'), failure('busy')]);
    const first = await Promise.all([1, 2].map((each) => ledgerDatabase.run(async () => each)));
    const second = await Promise.all([1, 2, 3].map((each) => ledgerDatabase.run(async () => each)));

    expect(first.map((answer) => answer._unsafeUnwrapErr().code)).toEqual([
      'ledger-unavailable',
      'ledger-unavailable',
    ]);
    expect(second.map((answer) => answer._unsafeUnwrap())).toEqual([1, 2, 3]);
    expect(counts.migrations).toBe(4);
  });

  it.each<[codes: DatabaseErrorCode[], tries: number, answer: string]>([
    [['busy'], 2, 'written'],
    [['busy', 'busy', 'busy'], 4, 'written'],
    [['busy', 'busy', 'busy', 'busy'], 4, 'ledger-unavailable'],
    [['unavailable'], 1, 'ledger-unavailable'],
    [['closed'], 1, 'ledger-unavailable'],
    [['refused'], 1, 'ledger-refused'],
    [['duplicate'], 1, 'ledger-refused'],
  ])('after %j has tried %i times and answers %s', async (codes, tries, answer) => {
    const { ledgerDatabase } = setup();
    const { work, counts } = failing(codes.map(failure));
    const answered = await ledgerDatabase.run(work);

    expect(
      answered.match(
        (value) => value,
        ({ code }) => code,
      ),
    ).toBe(answer);
    expect(counts.tries).toBe(tries);
  });

  it('does not try again what has waited for a lock until its deadline', async () => {
    const { ledgerDatabase } = setup([], { deadlineMs: 20 });
    const counts = { tries: 0 };
    const answered = await ledgerDatabase.run(async () => {
      counts.tries += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw failure('busy');
    });

    expect([answered._unsafeUnwrapErr().code, counts.tries]).toEqual(['ledger-unavailable', 1]);
  });
});

describe('toLedgerError', () => {
  it('says what became of the statement', () => {
    const said = (['unavailable', 'busy', 'read-only', 'closed', 'refused', 'duplicate'] as const).map(
      (code) => toLedgerError(failure(code)).message,
    );

    expect(said).toEqual([
      "the ledger's database does not answer: it is unavailable",
      "the ledger's database is busy: it is busy",
      "the ledger's database takes no writes: it is read-only",
      "the ledger's database is closed: it is closed",
      "the ledger's database refused: it is refused",
      "the ledger's database refused: it is duplicate",
    ]);
  });

  it('knows of which errors nothing can have been written', () => {
    const codes = ['unavailable', 'closed', 'busy', 'full', 'read-only', 'refused', 'duplicate'] as const;

    expect(codes.filter((code) => toLedgerError(failure(code)).isUnknown)).toEqual(['unavailable', 'closed']);
  });

  it.each([new SyntaxError('JSON Parse error'), new TypeError('undefined is not an object')])(
    'does not lay to the database what its own code throws: %s',
    (error) => {
      expect(toLedgerError(error)).toMatchObject({
        code: 'ledger-refused',
        message: `the ledger failed: ${error.message}`,
        cause: error,
      });
    },
  );

  it('knows what a client says that was not translated', () => {
    const lost = Object.assign(new Error('Connection closed'), { code: 'ERR_POSTGRES_CONNECTION_CLOSED' });

    expect(toLedgerError(lost).code).toBe('ledger-unavailable');
  });

  it('leaves one of its own alone', () => {
    const error = new LedgerError('the tables are newer', { code: 'ledger-schema' });

    expect(toLedgerError(error)).toBe(error);
  });
});

describe('withinTransaction', () => {
  it('tries nothing again: the transaction is broken', async () => {
    const { work, counts } = failing([failure('busy')]);

    expect((await withinTransaction(work))._unsafeUnwrapErr().code).toBe('ledger-unavailable');
    expect(counts.tries).toBe(1);
  });
});
