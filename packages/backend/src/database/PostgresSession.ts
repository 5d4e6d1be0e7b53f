import { DeadlineError, settleWithin } from '@backend/deadline/settleWithin';
import { type ReservedSQL, type SQL } from 'bun';
import { DatabaseError } from './DatabaseError';
import { toDatabaseError } from './databaseFailure';
import { type SqlRow, type SqlValue } from './SqlDatabase';

/** The rows of a statement. */
export interface PostgresAnswer {
  readonly rows: readonly SqlRow[];
  /** What the server says that it did, such as `COMMIT`. */
  readonly command: string | null;
  /** Rows that it has changed, or answers. */
  readonly count: number;
}

/** One connection, kept from all others until it is given back. */
export interface PostgresSession {
  /**
   * Rejects with a `DatabaseError`. After a deadline the connection is closed, for nobody knows what it will still do; and when
   * it takes no writes, which a server that has become writable may never tell it.
   */
  run(text: string, values: readonly SqlValue[], deadlineMs: number): Promise<PostgresAnswer>;
  /** Gives the connection back to the pool, which closes one that is inside a transaction still. */
  release(): Promise<void>;
}

const silent = (place: string, deadlineMs: number): DatabaseError =>
  new DatabaseError(`the database at ${place} gave no answer within ${deadlineMs} ms`, {
    code: 'unavailable',
  });

/** Takes a connection of the pool; `unavailable` when there is none in time. */
const reserve = async (sql: SQL, place: string, deadlineMs: number): Promise<ReservedSQL> => {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(silent(place, deadlineMs)), deadlineMs);
  try {
    return await sql.reserve({ signal: giveUp.signal });
  } catch (thrown) {
    throw toDatabaseError(thrown, place);
  } finally {
    clearTimeout(timer);
  }
};

/** Takes a connection of a pool. Rejects with a `DatabaseError`. */
export const openSession = async (
  sql: SQL,
  { place, deadlineMs }: { readonly place: string; readonly deadlineMs: number },
): Promise<PostgresSession> => {
  const connection = await reserve(sql, place, deadlineMs);
  return {
    run: async (text, values, runDeadlineMs) => {
      const query = connection.unsafe<SqlRow[]>(text, [...values]).then((rows) => ({
        rows: [...rows],
        command: rows.command,
        count: rows.count,
      }));
      const answer = await settleWithin(query, runDeadlineMs);
      if (answer.isOk()) return answer.value;
      const error =
        answer.error instanceof DeadlineError
          ? silent(place, runDeadlineMs)
          : toDatabaseError(answer.error, place);
      const isSpent = answer.error instanceof DeadlineError || error.code === 'read-only';
      if (isSpent) await connection.close().catch(() => undefined); // it may be gone by now
      throw error;
    },
    release: () => connection.release(),
  };
};
