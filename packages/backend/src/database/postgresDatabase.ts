import { SQL } from 'bun';
import { DatabaseError } from './DatabaseError';
import { type DatabaseTarget } from './DatabaseTarget';
import { openSession, type PostgresAnswer, type PostgresSession } from './PostgresSession';
import { type DatabaseTransaction, type SqlDatabase, type SqlValue } from './SqlDatabase';

interface PostgresOptions {
  /** Connections at the same time. */
  readonly maxConnections: number;
  /** Milliseconds a statement may take, the connecting included: a server that stands still says nothing for ever. */
  readonly deadlineMs: number;
}

/** After it the server ends a transaction that is asked nothing, so that a process that stands still holds no locks. */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** Creates the client of a Postgres. It connects with the first statement, and again after an outage. */
export const openPostgres = (
  { url, place, database }: Extract<DatabaseTarget, { dialect: 'postgres' }>,
  { maxConnections, deadlineMs }: PostgresOptions,
): SqlDatabase => {
  const sql = new SQL(url, {
    adapter: 'postgres',
    database, // PGDATABASE in the environment would be stronger than the URL
    max: maxConnections,
    connectionTimeout: Math.ceil(deadlineMs / 1000),
    connection: {
      // What nobody waits for any more holds its locks no longer than this.
      statement_timeout: deadlineMs,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    },
  });
  let isClosed = false;

  /** A session, and what is left of the deadline for what it is asked first. */
  const open = async () => {
    if (isClosed) throw toClosed();
    const endsAtMs = performance.now() + deadlineMs;
    const session = await openSession(sql, { place, deadlineMs });
    return { session, leftMs: () => Math.max(1, Math.ceil(endsAtMs - performance.now())) };
  };
  /** What runs when the database is closed fails because of that, whatever the client says. */
  const unlessClosed = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw isClosed && error instanceof DatabaseError ? toClosed(error) : error;
    }
  };

  return {
    dialect: 'postgres',
    query: (text, values = []) =>
      unlessClosed(async () => {
        const { session, leftMs } = await open();
        try {
          return (await session.run(text, values, leftMs())).rows;
        } finally {
          await session.release();
        }
      }),
    transaction: (work, { deadlineMs: ownDeadlineMs = deadlineMs } = {}) =>
      unlessClosed(async () => {
        const { session, leftMs } = await open();
        try {
          await session.run('BEGIN', [], leftMs());
          if (ownDeadlineMs !== deadlineMs)
            await session.run(`SET LOCAL statement_timeout = ${Math.ceil(ownDeadlineMs)}`, [], leftMs());
          return await runWithin(session, work, ownDeadlineMs);
        } finally {
          await session.release();
        }
      }),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await sql.close({ timeout: 0 });
    },
  };
};

const toClosed = (cause?: unknown): DatabaseError =>
  new DatabaseError('the database is closed', { code: 'closed', cause });

/** Runs the work of a transaction that has begun, and ends the transaction. */
const runWithin = async <T>(
  session: PostgresSession,
  work: (transaction: DatabaseTransaction) => Promise<T>,
  deadlineMs: number,
): Promise<T> => {
  let isOver = false;
  const run = async (text: string, values: readonly SqlValue[]): Promise<PostgresAnswer> => {
    if (isOver) throw new DatabaseError('the transaction is over', { code: 'refused' });
    return session.run(text, values, deadlineMs);
  };
  const transaction: DatabaseTransaction = {
    dialect: 'postgres',
    query: async (text, values = []) => (await run(text, values)).rows,
    runEach: async (text, rows) => {
      const counts: number[] = [];
      for (const values of rows) counts.push((await run(text, values)).count);
      return counts;
    },
  };
  try {
    const answer = await work(transaction);
    isOver = true;
    const { command } = await session.run('COMMIT', [], deadlineMs);
    if (command === 'COMMIT') return answer;
  } catch (error) {
    isOver = true;
    // On a connection that is closed it fails, and so the server has rolled back.
    await session.run('ROLLBACK', [], deadlineMs).catch(() => undefined);
    throw error;
  }
  // The server answers the commit of a transaction that a statement has spoilt with ROLLBACK, and with no error.
  const message = 'the transaction was rolled back, because a statement of it had failed';
  throw new DatabaseError(message, { code: 'refused' });
};
