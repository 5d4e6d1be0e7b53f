import { Database } from 'bun:sqlite';
import { realpathSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { settleWithin } from '@backend/deadline/settleWithin';
import { DatabaseError } from './DatabaseError';
import { toDatabaseError } from './databaseFailure';
import { createFileSync } from './FileSync';
import { type SqlRow, type SqlValue } from './SqlDatabase';
import { keepSqliteStatements } from './SqliteStatements';
import { untilFree } from './untilFree';

/** How long SQLite itself waits for another process's lock, which blocks the event loop; milliseconds. */
const BUSY_TIMEOUT_MS = 2;

/** `NORMAL` leaves it to `sync` to bring a commit to the disk: `FULL` does, and blocks the event loop meanwhile. */
const PRAGMAS = [`busy_timeout = ${BUSY_TIMEOUT_MS}`, 'journal_mode = WAL', 'synchronous = NORMAL'];

/** The one connection of a process to a file. */
export interface SqliteConnection {
  /** Runs a statement at once, before anything else that is asked later. Rejects with a `DatabaseError`. */
  run(text: string, values?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** The same for each row of values; how many rows each has changed. */
  runEach(text: string, rows: readonly (readonly SqlValue[])[]): Promise<readonly number[]>;
  /**
   * Resolves when all that was committed before the call is on the disk. Rejects with a `DatabaseError`, `unavailable`, when that
   * fails or takes longer than the patience: then nobody knows whether it is.
   */
  sync(patienceMs: number): Promise<void>;
  /**
   * Whether another one is to be opened for the next statement: one that could not write when it was opened never will, of one
   * whose disk has failed nobody knows what it still writes, and a file that was deleted or replaced still takes what nobody
   * will find.
   */
  isSpent(): boolean;
  close(): Promise<void>;
}

const IN_MEMORY = ':memory:';

/** Which file has the name now; undefined when none has that may be seen. Takes 2 microseconds. */
const identify = (path: string): string | undefined => {
  if (path === IN_MEMORY) return path;
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined; // whoever opens it hears why
  }
};

const toGone = (path: string): DatabaseError =>
  new DatabaseError(
    `the SQLite file ${JSON.stringify(path)} is gone, or out of reach: put it back, or start the process again, which makes a new one`,
    { code: 'unavailable' },
  );

const toOpeningError = (thrown: unknown, path: string): DatabaseError => {
  const { message, code, cause } = toDatabaseError(thrown);
  const codeOfCause: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  // The folder: whoever makes room or gives the right need not start the process again.
  const isFolder = thrown instanceof Error && 'syscall' in thrown;
  const reason = codeOfCause === 'SQLITE_NOTADB' ? 'it is no SQLite database' : message;
  return new DatabaseError(`the SQLite file ${JSON.stringify(path)} cannot be opened: ${reason}`, {
    code: isFolder ? 'unavailable' : code,
    cause: thrown,
  });
};

const toUnsynced = (path: string, cause: Error): DatabaseError =>
  new DatabaseError(
    `the SQLite file ${JSON.stringify(path)} could not be brought to its disk, so that nobody knows whether it is there: ${cause.message}`,
    { code: 'unavailable', cause },
  );

interface ConnectOptions {
  /** Milliseconds. */
  readonly patienceMs: number;
  /** Whether the file is missing because somebody has deleted it: then it is not made. */
  readonly isKnown: boolean;
}

/** SQLite says of a folder what it says of a file that may not be read, which somebody may mend. */
const checkNoFolder = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new DatabaseError('it is a folder', { code: 'refused' });
};

/** Opens a file; it and its folder are made when they are missing. `:memory:` for none. Rejects with a `DatabaseError`. */
export const connectSqlite = async (
  path: string,
  { patienceMs, isKnown }: ConnectOptions,
): Promise<SqliteConnection> => {
  let connection: SqliteConnection | undefined;
  if (isKnown && identify(path) === undefined) throw toGone(path);
  try {
    if (path !== IN_MEMORY) await mkdir(dirname(path), { recursive: true });
    checkNoFolder(path);
    const opened = openFile(path);
    connection = opened;
    for (const pragma of PRAGMAS) await untilFree(() => opened.run(`PRAGMA ${pragma}`), patienceMs);
    return opened;
  } catch (thrown) {
    await connection?.close();
    throw toOpeningError(thrown, path);
  }
};

/** Not by Bun's client for all databases, which prepares a statement each time that it runs it. */
const openFile = (path: string): SqliteConnection => {
  const database = new Database(path, { create: true, readwrite: true });
  try {
    return toConnection(database, path);
  } catch (thrown) {
    database.close();
    throw thrown;
  }
};

const toConnection = (database: Database, path: string): SqliteConnection => {
  const statements = keepSqliteStatements(database);
  const opened = identify(path);
  // SQLite writes it beside the file that a link leads to.
  const log = path === IN_MEMORY ? undefined : createFileSync(`${realpathSync(path)}-wal`);
  let isReadOnly = false;
  let hasDiskFailed = false;
  const orFailure = <Answer>(run: () => Answer): Answer => {
    try {
      return run();
    } catch (thrown) {
      const error = toDatabaseError(thrown);
      if (error.code === 'read-only') isReadOnly = true;
      throw error;
    }
  };
  return {
    run: async (text, values = []) => orFailure(() => statements.run(text, values)),
    runEach: async (text, rows) => orFailure(() => statements.runEach(text, rows)),
    sync: async (patienceMs) => {
      const synced = log?.sync() ?? Promise.resolve();
      synced.catch(() => {
        hasDiskFailed = true;
      });
      const settled = await settleWithin(synced, patienceMs);
      if (settled.isErr()) throw toUnsynced(path, settled.error);
    },
    isSpent: () => isReadOnly || hasDiskFailed || identify(path) !== opened,
    close: async () => {
      try {
        await log?.close();
      } finally {
        statements.close();
        database.close();
      }
    },
  };
};
