import { expect, it } from 'bun:test';
import { DatabaseError, type DatabaseErrorCode } from '../DatabaseError';
import { parseDatabaseUrl } from '../DatabaseTarget';
import { type DatabaseOptions, openDatabase } from '../openDatabase';
import { type SqlDatabase, type SqlDialect, type SqlExecutor } from '../SqlDatabase';
import { createTestDatabase } from './TestDatabase';

/** A database that is closed on disposal. */
export type DisposableDatabase = SqlDatabase & AsyncDisposable;

/** Opens the database of a URL. */
export const openUrl = (url: string, options: DatabaseOptions = {}): DisposableDatabase => {
  const database = openDatabase(parseDatabaseUrl(url)._unsafeUnwrap(), options);
  return { ...database, [Symbol.asyncDispose]: () => database.close() };
};

/** What a promise rejects with; its code when that is a `DatabaseError`. */
export const failureOf = async (promise: Promise<unknown>): Promise<DatabaseErrorCode | unknown> =>
  promise.then(
    (answer) => ({ answer }),
    (error: unknown) => (error instanceof DatabaseError ? error.code : error),
  );

/** A promise to be settled by a test. */
export const createGate = () => Promise.withResolvers<void>();

const idsIn = async (database: SqlExecutor): Promise<readonly unknown[]> =>
  (await database.query('SELECT id FROM notes ORDER BY id')).map(({ id }) => id);

const insert = (database: SqlExecutor, id: string) =>
  database.query('INSERT INTO notes (id) VALUES ($1)', [id]);

/** An empty table on an empty database, and the database opened. */
export const setUpNotes = async (dialect: SqlDialect, options: DatabaseOptions = {}) => {
  const place = await createTestDatabase(dialect);
  const database = openUrl(place.url, options);
  await database.query('CREATE TABLE notes (id TEXT PRIMARY KEY, length BIGINT)');
  return {
    url: place.url,
    database,
    ids: () => idsIn(database),
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await place[Symbol.asyncDispose]();
    },
  };
};

/** What every database has to do; run by the tests of each. */
export const describeDatabase = (dialect: SqlDialect): void => {
  it('answers the rows of a statement, with its values in their places', async () => {
    await using notes = await setUpNotes(dialect);
    const insertion = 'INSERT INTO notes (id, length) VALUES ($1, $2), ($3, $4)';
    const none = await notes.database.query(insertion, ['a', 1, 'b', null]);
    const rows = await notes.database.query('SELECT id, length FROM notes ORDER BY id');

    expect(none).toEqual([]);
    expect(rows.map(({ id, length }) => [id, length === null ? null : Number(length)])).toEqual([
      ['a', 1],
      ['b', null],
    ]);
    expect(notes.database.dialect).toBe(dialect);
  });

  it('tells a wrong statement from a key that is taken', async () => {
    await using notes = await setUpNotes(dialect);
    await insert(notes.database, 'a');

    expect(await failureOf(notes.database.query('SELEKT 1'))).toBe('refused');
    expect(await failureOf(insert(notes.database, 'a'))).toBe('duplicate');
    expect(await notes.ids()).toEqual(['a']);
  });

  it('commits what a transaction wrote, and answers what its work does', async () => {
    await using notes = await setUpNotes(dialect);
    const answer = await notes.database.transaction(async (transaction) => {
      await insert(transaction, 'a');
      await insert(transaction, 'b');
      return idsIn(transaction);
    });

    expect(answer).toEqual(['a', 'b']);
    expect(await notes.ids()).toEqual(['a', 'b']);
  });

  it('rolls back when the work rejects, with the error of the work, and goes on', async () => {
    await using notes = await setUpNotes(dialect);
    const failure = new Error('no');
    const transaction = notes.database.transaction(async (within) => {
      await insert(within, 'a');
      throw failure;
    });

    expect(await failureOf(transaction)).toBe(failure);
    await notes.database.transaction((within) => insert(within, 'b'));
    expect(await notes.ids()).toEqual(['b']);
  });

  it('keeps what is written beside a transaction that is rolled back', async () => {
    await using notes = await setUpNotes(dialect);
    const [begun, end] = [createGate(), createGate()];
    const transaction = notes.database.transaction(async (within) => {
      await insert(within, 'in');
      begun.resolve();
      await end.promise;
      throw new Error('no');
    });
    await begun.promise;
    const beside = insert(notes.database, 'beside');
    end.resolve();

    await Promise.allSettled([transaction]);
    await beside;
    expect(await notes.ids()).toEqual(['beside']);
  });

  it('runs transactions that are asked for at once, each whole', async () => {
    await using notes = await setUpNotes(dialect);
    await notes.database.query("INSERT INTO notes (id, length) VALUES ('sum', 0)");
    const addOne = (index: number) =>
      notes.database.transaction(async (within) => {
        await insert(within, `${index}`);
        await within.query("UPDATE notes SET length = length + 1 WHERE id = 'sum'");
        if (index % 2 === 1) throw new Error('odd');
      });
    await Promise.allSettled(Array.from({ length: 20 }, (_, index) => addOne(index)));

    const [sum] = await notes.database.query("SELECT length FROM notes WHERE id = 'sum'");
    expect({ sum: Number(sum?.['length']), count: (await notes.ids()).length }).toEqual({
      sum: 10,
      count: 11,
    });
  });

  it('runs a statement for each row, in their order, and says how many rows each has changed', async () => {
    await using notes = await setUpNotes(dialect);
    const counts = await notes.database.transaction(async (within) => [
      await within.runEach('INSERT INTO notes (id, length) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        ['a', 1],
        ['b', 1],
        ['a', 2],
      ]),
      await within.runEach('UPDATE notes SET length = length + $1 WHERE id <> $2', [
        [1, 'a'],
        [1, 'c'],
        [1, 'c'],
      ]),
      await within.runEach('DELETE FROM notes WHERE id = $1', []),
    ]);
    const rows = await notes.database.query('SELECT id, length FROM notes ORDER BY id');

    expect(counts).toEqual([[1, 1, 0], [1, 2, 2], []]);
    expect(rows.map(({ id, length }) => [id, Number(length)])).toEqual([
      ['a', 3],
      ['b', 4],
    ]);
  });

  it('writes nothing of a transaction in which one row of many is refused', async () => {
    await using notes = await setUpNotes(dialect);
    const transaction = notes.database.transaction((within) =>
      within.runEach('INSERT INTO notes (id) VALUES ($1)', [['a'], ['b'], ['a']]),
    );

    expect(await failureOf(transaction)).toBe('duplicate');
    expect(await notes.ids()).toEqual([]);
  });

  it('refuses a statement of a transaction that is over', async () => {
    await using notes = await setUpNotes(dialect);
    const kept = await notes.database.transaction(async (within) => within);

    expect(await failureOf(insert(kept, 'late'))).toBe('refused');
    expect(await failureOf(kept.runEach('DELETE FROM notes WHERE id = $1', [['a']]))).toBe('refused');
    expect(await notes.ids()).toEqual([]);
  });

  it('is shared with another client of the same place', async () => {
    await using notes = await setUpNotes(dialect, { deadlineMs: 5000 });
    await using other = openUrl(notes.url, { deadlineMs: 5000 });
    const writeAll = (database: SqlDatabase, name: string) =>
      Promise.all(
        Array.from({ length: 25 }, (_, index) =>
          database.transaction((within) => insert(within, `${name}${index}`)),
        ),
      );
    await Promise.all([writeAll(notes.database, 'a'), writeAll(other, 'b')]);

    expect(await notes.ids()).toHaveLength(50);
  });

  it('gives up on a lock that another client keeps, and goes on when that is free', async () => {
    await using notes = await setUpNotes(dialect, { deadlineMs: 100 });
    await insert(notes.database, 'a');
    await using other = openUrl(notes.url);
    const [locked, end] = [createGate(), createGate()];
    const update = "UPDATE notes SET length = 1 WHERE id = 'a'";
    const holder = other.transaction(async (within) => {
      await within.query(update);
      locked.resolve();
      await end.promise;
    });
    await locked.promise;

    expect(await failureOf(notes.database.query(update))).toBe(dialect === 'sqlite' ? 'busy' : 'unavailable');
    end.resolve();
    await holder;
    expect(await notes.database.query(`${update} RETURNING id`)).toEqual([{ id: 'a' }]);
  });

  it('waits for a lock that another client gives back in time', async () => {
    await using notes = await setUpNotes(dialect, { deadlineMs: 10_000 });
    await insert(notes.database, 'a');
    await using other = openUrl(notes.url);
    const [locked, end] = [createGate(), createGate()];
    const update = "UPDATE notes SET length = 1 WHERE id = 'a' RETURNING id";
    const holder = other.transaction(async (within) => {
      await within.query(update);
      locked.resolve();
      await end.promise;
    });
    await locked.promise;
    const waiting = Promise.all([
      notes.database.query(update),
      notes.database.transaction((within) => within.query(update)),
    ]);
    setTimeout(end.resolve, 30); // it has found the lock taken by then

    expect(await waiting).toEqual([[{ id: 'a' }], [{ id: 'a' }]]);
    await holder;
  });

  const WRITES_NOTHING =
    dialect === 'sqlite' ? 'PRAGMA query_only = 1' : 'SET default_transaction_read_only = on';

  it.each<[what: string, write: (database: SqlDatabase, id: string) => Promise<unknown>]>([
    ['a statement', insert],
    ['a transaction', (database, id) => database.transaction((within) => insert(within, id))],
  ])('lets go of a connection that takes no writes, which %s finds out', async (_what, write) => {
    await using notes = await setUpNotes(dialect, { maxConnections: 1 });
    await notes.database.query(WRITES_NOTHING);
    const failure = await failureOf(write(notes.database, 'a'));
    await write(notes.database, 'b');

    expect(failure).toBe('read-only');
    expect(await notes.ids()).toEqual(['b']);
  });

  it('answers "closed" once it is closed, which may be asked for twice', async () => {
    await using place = await createTestDatabase(dialect);
    const database = openUrl(place.url);
    await database.query('SELECT 1');
    await database.close();
    await database.close();

    expect(await failureOf(database.query('SELECT 1'))).toBe('closed');
    expect(await failureOf(database.transaction(async () => 1))).toBe('closed');
  });
};
