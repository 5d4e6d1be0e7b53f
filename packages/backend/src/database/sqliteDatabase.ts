import { AsyncLocalStorage } from 'node:async_hooks';
import { settleWithin } from '@backend/deadline/settleWithin';
import { DatabaseError } from './DatabaseError';
import { type Patience, startPatience } from './Patience';
import { type DatabaseTransaction, type SqlDatabase, type SqlRow } from './SqlDatabase';
import { connectSqlite, type SqliteConnection } from './SqliteConnection';
import { createTurns } from './Turns';
import { untilFree } from './untilFree';

/** A transaction that `work` runs in. */
interface Scope {
  isOver: boolean;
}

const NESTED =
  'the database was used inside a transaction of its own, which it would wait for: use the transaction that the work is given';

/** What writes nothing that would have to be brought to the disk. */
const READS = /^\s*(SELECT|PRAGMA|EXPLAIN|WITH(?![\s\S]*\b(INSERT|UPDATE|DELETE)\b))\b/i;

/**
 * Opens a SQLite file with the first statement. Processes may share it.
 *
 * What is committed is answered when it is on the disk. Who has the next turn does not wait for that, and sees it before.
 *
 * A client of Bun's has one connection: whatever it is asked while a transaction is open belongs to that transaction, and
 * is gone with it. So everything takes turns here.
 *
 * @param deadlineMs How long a statement waits for its turn, for the locks of other processes and for the disk, in all.
 */
export const openSqlite = (path: string, { deadlineMs }: { readonly deadlineMs: number }): SqlDatabase => {
  const turns = createTurns();
  const scopes = new AsyncLocalStorage<Scope>();
  let connecting: Promise<SqliteConnection> | undefined;
  let connected: SqliteConnection | undefined;
  let isKnown = false;
  let isClosed = false;

  const reconnect = async (): Promise<SqliteConnection> => {
    try {
      await connected?.close();
      connected = await connectSqlite(path, { patienceMs: deadlineMs, isKnown });
      isKnown = true;
      return connected;
    } catch (error) {
      connected = undefined;
      connecting = undefined;
      throw error;
    }
  };
  /** To be called in a turn: nobody else uses the connection then. */
  const connect = (): Promise<SqliteConnection> => {
    if (isClosed) throw new DatabaseError('the database is closed', { code: 'closed' });
    if (connecting === undefined || connected?.isSpent() === true) connecting = reconnect();
    return connecting;
  };
  /** The wait for the turn is a part of the patience: what is left of it is for the work. */
  const take = async <T>(
    work: (connection: SqliteConnection, left: Patience) => Promise<T>,
    patienceMs: number,
  ): Promise<T> => {
    if (scopes.getStore()?.isOver === false) throw new DatabaseError(NESTED, { code: 'refused' });
    const left = startPatience(patienceMs);
    return turns.take(async () => work(await connect(), left), patienceMs);
  };

  const takeDurably = async <T>(
    work: (connection: SqliteConnection, left: Patience) => Promise<T>,
    patienceMs: number,
  ): Promise<T> => {
    const { answer, synced } = await take(async (connection, left) => {
      const answered = await work(connection, left);
      return { answer: answered, synced: connection.sync(left.lastMs()) };
    }, patienceMs);
    await synced;
    return answer;
  };

  return {
    dialect: 'sqlite',
    query: (text, values) => {
      const run = (connection: SqliteConnection, left: Patience): Promise<readonly SqlRow[]> =>
        untilFree(() => connection.run(text, values), left.ms());
      return READS.test(text) ? take(run, deadlineMs) : takeDurably(run, deadlineMs);
    },
    transaction: (work, { deadlineMs: patienceMs = deadlineMs } = {}) =>
      takeDurably(async (connection, left) => {
        await untilFree(() => connection.run('BEGIN IMMEDIATE'), left.ms());
        const scope: Scope = { isOver: false };
        try {
          const answer = await scopes.run(scope, () => work(toTransaction(connection, scope)));
          scope.isOver = true;
          await untilFree(() => connection.run('COMMIT'), left.lastMs());
          return answer;
        } catch (error) {
          scope.isOver = true;
          await connection.run('ROLLBACK').catch(() => undefined); // SQLite may have done it itself
          throw error;
        }
      }, patienceMs),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await settleWithin(turns.over(), deadlineMs);
      const connection = await connecting?.catch(() => undefined);
      await connection?.close();
    },
  };
};

const toTransaction = (connection: SqliteConnection, scope: Scope): DatabaseTransaction => {
  // Afterwards a statement would run by itself, or in the transaction of somebody else.
  const checkOpen = (): void => {
    if (scope.isOver) throw new DatabaseError('the transaction is over', { code: 'refused' });
  };
  return {
    dialect: 'sqlite',
    query: async (text, values) => {
      checkOpen();
      return connection.run(text, values);
    },
    runEach: async (text, rows) => {
      checkOpen();
      return connection.runEach(text, rows);
    },
  };
};
