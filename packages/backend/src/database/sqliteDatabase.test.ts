import { describe, expect, it } from 'bun:test';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import {
  createGate,
  describeDatabase,
  failureOf,
  openUrl,
  setUpNotes,
} from './__fixtures__/describeDatabase';

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: Error) => error.message,
  );

/** A database and what is written ahead of it. */
const deleteFiles = async (path: string): Promise<void> => {
  for (const each of [path, `${path}-wal`, `${path}-shm`]) await Bun.file(each).delete();
};

describe('openSqlite', () => {
  describeDatabase('sqlite');

  it('makes the folder of the file, and writes ahead', async () => {
    await using directory = await createTemporaryDirectory();
    await using database = openUrl(`sqlite://${join(directory.path, 'a/b/c.sqlite')}`);

    expect(await database.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(await database.query('PRAGMA synchronous')).toEqual([{ synchronous: 1 }]);
    expect(await Bun.file(join(directory.path, 'a/b/c.sqlite')).exists()).toBe(true);
  });

  it('answers nothing that did not come to the disk, and goes on with a new connection', async () => {
    await using directory = await createTemporaryDirectory();
    const path = join(directory.path, 'a.sqlite');
    await using database = openUrl(`sqlite://${path}`);
    const write = () =>
      database.transaction((transaction) => transaction.query('CREATE TABLE IF NOT EXISTS a (b INT)'));
    await database.query('SELECT name FROM sqlite_schema');
    await Bun.file(`${path}-wal`).delete();
    const writing = write();

    expect(await messageOf(writing)).toStartWith(
      `the SQLite file "${path}" could not be brought to its disk, so that nobody knows whether it is there: ENOENT`,
    );
    expect(await failureOf(writing)).toBe('unavailable');
    await write();
    expect(await database.query('SELECT count(*) AS count FROM a')).toEqual([{ count: 0 }]);
  });

  it('reads without a look at the disk', async () => {
    await using directory = await createTemporaryDirectory();
    const path = join(directory.path, 'a.sqlite');
    await using database = openUrl(`sqlite://${path}`);
    await database.query('SELECT name FROM sqlite_schema');
    await Bun.file(`${path}-wal`).delete();

    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await database.query('WITH a AS (SELECT 1 AS one) SELECT one FROM a')).toEqual([{ one: 1 }]);
    expect(await messageOf(database.query('CREATE TABLE a (b INT)'))).toContain('its disk');
  });

  it('writes through a link', async () => {
    await using directory = await createTemporaryDirectory();
    const link = join(directory.path, 'link.sqlite');
    await mkdir(join(directory.path, 'real'));
    await symlink(join(directory.path, 'real/a.sqlite'), link);
    await using database = openUrl(`sqlite://${link}`);
    await database.query('CREATE TABLE a (b INT)');

    expect(await Bun.file(join(directory.path, 'real/a.sqlite')).exists()).toBe(true);
  });

  it('keeps a database in memory', async () => {
    await using database = openUrl('sqlite://:memory:');
    await database.query('CREATE TABLE a (b INT)');

    expect(await database.query('SELECT count(*) AS count FROM a')).toEqual([{ count: 0 }]);
  });

  it('says which file is no database, and opens it when it is gone', async () => {
    await using directory = await createTemporaryDirectory();
    const path = join(directory.path, 'a.sqlite');
    await writeFile(path, 'this is a text and nothing else '.repeat(100));
    await using database = openUrl(`sqlite://${path}`);
    const asking = database.query('SELECT 1');

    expect(await messageOf(asking)).toBe(
      `the SQLite file "${path}" cannot be opened: it is no SQLite database`,
    );
    expect(await failureOf(asking)).toBe('refused');
    await Bun.file(path).delete();
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('writes to no file that was deleted, and to the one that is in its place', async () => {
    await using notes = await setUpNotes('sqlite');
    const path = notes.url.slice('sqlite://'.length);
    const insert = (id: string) => notes.database.query('INSERT INTO notes (id) VALUES ($1)', [id]);
    await insert('lost');
    await deleteFiles(path);
    const asking = [insert('a'), notes.database.transaction((within) => within.query('SELECT 1'))];

    expect(await Promise.all(asking.map(failureOf))).toEqual(['unavailable', 'unavailable']);
    expect(await messageOf(insert('a'))).toBe(
      `the SQLite file "${path}" is gone, or out of reach: put it back, or start the process again, which makes a new one`,
    );
    await using other = openUrl(notes.url);
    await other.query('CREATE TABLE notes (id TEXT PRIMARY KEY)');
    await insert('b');
    expect(await other.query('SELECT id FROM notes')).toEqual([{ id: 'b' }]);
  });

  it('goes on with a file that was put in the place of its own', async () => {
    await using notes = await setUpNotes('sqlite');
    await using backup = await setUpNotes('sqlite');
    await backup.database.query("INSERT INTO notes (id) VALUES ('kept')");
    await backup.database.close();
    const path = notes.url.slice('sqlite://'.length);
    await deleteFiles(path);
    await rename(backup.url.slice('sqlite://'.length), path);

    expect(await notes.ids()).toEqual(['kept']);
  });

  it('takes no folder for a file', async () => {
    await using directory = await createTemporaryDirectory();
    await using database = openUrl(`sqlite://${directory.path}`);
    const asking = database.query('SELECT 1');

    expect(await messageOf(asking)).toBe(
      `the SQLite file "${directory.path}" cannot be opened: it is a folder`,
    );
    expect(await failureOf(asking)).toBe('refused');
  });

  it('says which folder cannot be made', async () => {
    await using directory = await createTemporaryDirectory();
    await writeFile(join(directory.path, 'file'), '');
    const path = join(directory.path, 'file/a.sqlite');
    await using database = openUrl(`sqlite://${path}`);
    const asking = database.query('SELECT 1');

    expect(await messageOf(asking)).toStartWith(`the SQLite file "${path}" cannot be opened: `);
    expect(await failureOf(asking)).toBe('unavailable');
  });

  it('refuses itself inside its own transaction, which it would wait for', async () => {
    await using notes = await setUpNotes('sqlite');
    const nested = notes.database.transaction(async () => {
      const query = await messageOf(notes.database.query('SELECT 1'));
      return [query, await failureOf(notes.database.transaction(async () => 1))];
    });

    expect(await nested).toEqual([
      'the database was used inside a transaction of its own, which it would wait for: use the transaction that the work is given',
      'refused',
    ]);
    expect(await notes.ids()).toEqual([]);
  });

  it('answers what was begun inside a transaction once that is over', async () => {
    await using notes = await setUpNotes('sqlite');
    const over = createGate();
    let later: Promise<unknown> = Promise.resolve();
    await notes.database.transaction(async () => {
      later = over.promise.then(() => notes.database.query('SELECT 1 AS one'));
    });
    over.resolve();

    expect(await later).toEqual([{ one: 1 }]);
  });

  it('lets nobody wait for ever behind a transaction that does not end', async () => {
    await using notes = await setUpNotes('sqlite', { deadlineMs: 50 });
    const end = createGate();
    const holder = notes.database.transaction(() => end.promise);
    const waiting = [notes.database.query('SELECT 1'), notes.database.transaction(async () => 1)];

    expect(await Promise.all(waiting.map(failureOf))).toEqual(['busy', 'busy']);
    end.resolve();
    await holder;
    expect(await notes.database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('waits for its turn and for the lock of another process no longer than for one of them', async () => {
    await using notes = await setUpNotes('sqlite', { deadlineMs: 200 });
    await using other = openUrl(notes.url);
    const [begun, end] = [createGate(), createGate()];
    const holder = other.transaction(() => {
      begun.resolve();
      return end.promise;
    });
    await begun.promise;
    const first = failureOf(notes.database.transaction(async () => 1));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const askedAtMs = performance.now();
    const second = await failureOf(notes.database.transaction(async () => 1));
    const tookMs = performance.now() - askedAtMs;
    end.resolve();
    await holder;

    expect([await first, second]).toEqual(['busy', 'busy']);
    expect(tookMs).toBeLessThan(260);
  });

  it('lets nobody in beside a transaction because another has given up waiting', async () => {
    await using notes = await setUpNotes('sqlite', { deadlineMs: 50 });
    const end = createGate();
    const holder = notes.database.transaction(() => end.promise);
    await failureOf(notes.database.query('SELECT 1'));
    let isIn = false;
    const next = notes.database.transaction(
      async () => {
        isIn = true;
      },
      { deadlineMs: 5000 },
    );
    await new Promise((resolve) => setTimeout(resolve, 0));
    const wasInBefore = isIn;
    end.resolve();
    await Promise.all([holder, next]);

    expect({ wasInBefore, isIn }).toEqual({ wasInBefore: false, isIn: true });
  });

  it('commits a transaction in which a statement failed, if its work goes on', async () => {
    await using notes = await setUpNotes('sqlite');
    await notes.database.transaction(async (within) => {
      await within.query("INSERT INTO notes (id) VALUES ('a')");
      await failureOf(within.query("INSERT INTO notes (id) VALUES ('a')"));
    });

    expect(await notes.ids()).toEqual(['a']);
  });

  it('closes when its transaction is over', async () => {
    await using notes = await setUpNotes('sqlite');
    const writing = notes.database.transaction((within) =>
      within.query("INSERT INTO notes (id) VALUES ('a')"),
    );
    await Promise.all([writing, notes.database.close()]);
    await using again = openUrl(notes.url);

    expect(await again.query('SELECT id FROM notes')).toEqual([{ id: 'a' }]);
  });

  it('keeps its memory over many statements', async () => {
    await using notes = await setUpNotes('sqlite');
    const ask = async (count: number): Promise<number> => {
      for (let index = 0; index < count; index += 1)
        await notes.database.query('SELECT length FROM notes WHERE id = $1', [`${index}`]);
      Bun.gc(true);
      return process.memoryUsage.rss();
    };
    const before = await ask(5000);
    const grownBytes = (await ask(30_000)) - before;

    expect(grownBytes).toBeLessThan(30_000 * 500);
  });
});
