/** The databases that are spoken to; their few differences are named where a statement has them. */
export type SqlDialect = 'sqlite' | 'postgres';

/** What a statement is given for a placeholder. JSON goes as text. */
export type SqlValue = string | number | null;

/** A row by the names of its columns. A BIGINT is a number on SQLite and a text on Postgres. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Whatever runs single statements: a database, or one transaction of it. */
export interface SqlExecutor {
  readonly dialect: SqlDialect;
  /**
   * Runs one statement and answers its rows; none for a statement that returns none. Rejects with a `DatabaseError`.
   *
   * @param text SQL with the placeholders `$1`, `$2` and so on, each used in this order.
   */
  query(text: string, values?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
}

/** A transaction that a database of ours has begun. */
export interface DatabaseTransaction extends SqlExecutor {
  /**
   * Runs one statement for each row of values, in their order, and answers how many rows each has changed. On SQLite this is
   * the fastest way to write many rows, several times faster than one statement for all; on Postgres each is asked by itself.
   *
   * @param text SQL as in `query`, that returns no rows.
   */
  runEach(text: string, rows: readonly (readonly SqlValue[])[]): Promise<readonly number[]>;
}

/** How long a transaction may take. */
export interface TransactionOptions {
  /**
   * Milliseconds for each of its statements and its commit, the wait for locks included; >= 1. On Postgres it
   * begins within the deadline of the database all the same. Default: that of the database.
   */
  readonly deadlineMs?: number;
}

/** A database. A process that has asked it something and leaves it open ends by itself all the same. */
export interface SqlDatabase extends SqlExecutor {
  /**
   * Runs `work` in a transaction that may write, and commits it; what `work` rejects with rolls it back, and is what this
   * rejects with. Other statements of this database wait on SQLite, and go on beside it on Postgres.
   *
   * On SQLite, `work` that uses the database instead of the transaction it was given is refused: it would wait for itself. On
   * Postgres a statement that failed spoils the transaction, also when `work` goes on after it: then it is rolled back and
   * `refused`. When the database says nothing to the commit, `unavailable`, it may have been carried out.
   */
  transaction<T>(
    work: (transaction: DatabaseTransaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /** Ends every connection; may be called twice. What runs still rejects on Postgres, and is waited for on SQLite. */
  close(): Promise<void>;
}
