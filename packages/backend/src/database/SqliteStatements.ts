import { type Database, type SQLQueryBindings, type Statement } from 'bun:sqlite';
import { DatabaseError } from './DatabaseError';
import { type SqlRow, type SqlValue } from './SqlDatabase';

/** The statements of one connection. */
export interface SqliteStatements {
  /** Runs a statement and answers its rows. Throws what SQLite says. */
  run(text: string, values: readonly SqlValue[]): readonly SqlRow[];
  /** Runs a statement for each row of values and answers how many rows each has changed. Throws what SQLite says of the first refused. */
  runEach(text: string, rows: readonly (readonly SqlValue[])[]): readonly number[];
  /** Lets go of them all. */
  close(): void;
}

/** Statements that are kept, unless it is said; the ledger has about thirty. */
const MAX_KEPT = 100;

/** Others run once; and Bun leaves an `EXPLAIN` of a write half read, which keeps its transaction from being committed. */
const KEPT = /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|BEGIN|COMMIT|ROLLBACK)\b/i;

type PreparedStatement = Statement<SqlRow, SQLQueryBindings[]>;

/**
 * Keeps the statements that a connection has run well: to prepare one takes about as long as to run it. The one that was not
 * run for the longest time makes room.
 */
export const keepSqliteStatements = (database: Database, maxKept = MAX_KEPT): SqliteStatements => {
  const kept = new Map<string, PreparedStatement>();
  const dropOldest = (): void => {
    const [oldest] = kept;
    if (oldest === undefined) return;
    kept.delete(oldest[0]);
    oldest[1].finalize();
  };
  const take = (text: string): PreparedStatement => {
    const statement = kept.get(text);
    kept.delete(text);
    return statement ?? database.prepare<SqlRow, SQLQueryBindings[]>(text);
  };
  const keep = (text: string, statement: PreparedStatement): void => {
    kept.set(text, statement);
    if (kept.size > maxKept) dropOldest();
  };
  const use = <Answer>(text: string, run: (statement: PreparedStatement) => Answer): Answer => {
    const statement = take(text);
    let isKept = false;
    try {
      const answer = run(statement);
      isKept = KEPT.test(text);
      return answer;
    } finally {
      if (isKept) keep(text, statement);
      else statement.finalize();
    }
  };
  return {
    run: (text, values) =>
      use(text, (statement) => {
        checkCount(statement, values);
        return statement.all(...values);
      }),
    runEach: (text, rows) =>
      use(text, (statement) =>
        rows.map((values) => {
          checkCount(statement, values);
          return statement.run(...values).changes;
        }),
      ),
    close: () => {
      while (kept.size > 0) dropOldest();
    },
  };
};

/** One that is given too few values would run with those of the time before. */
const checkCount = ({ paramsCount }: PreparedStatement, values: readonly SqlValue[]): void => {
  if (paramsCount === values.length) return;
  const message = `expected ${paramsCount} values for a statement, got ${values.length}`;
  throw new DatabaseError(message, { code: 'refused' });
};
