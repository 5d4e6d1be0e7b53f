/** What a statement of the ledger is given for a placeholder. */
export type StatementValue = string | number | null;

/** An open transaction of `Bun.SQL`, as `sql.begin` hands it over; one of postgres.js has the same methods. */
export interface ClientTransaction {
  unsafe(text: string, values?: StatementValue[]): PromiseLike<unknown>;
  savepoint(...given: never[]): unknown;
}

/** An open transaction of any other client, in two methods. */
export interface TransactionAdapter {
  /**
   * Runs one statement in the transaction and answers its rows; none for a statement that returns none.
   *
   * @param text SQL with the placeholders `$1`, `$2` and so on, each used once and in this order.
   */
  query(text: string, values: StatementValue[]): PromiseLike<readonly Readonly<Record<string, unknown>>[]>;
  /** Calls back when the transaction is committed, so that its tasks are on their queues a moment earlier. Default: nobody does. */
  afterCommit?(callback: () => void): void;
  /** A pool or a client of pg has it, whose `query` the compiler would take for that of an adapter. */
  readonly connect?: never;
}

/** An open transaction of a caller's, on the database of the ledger. */
export type CallerTransaction = ClientTransaction | TransactionAdapter;

/** Whether a transaction is one of `Bun.SQL`, or of a client with the same methods. */
export const isClientTransaction = (transaction: CallerTransaction): transaction is ClientTransaction =>
  typeof transaction === 'function';

/** Runs a statement in a transaction; answers what its client does. */
export const queryIn = (
  transaction: CallerTransaction,
  text: string,
  values: StatementValue[],
): PromiseLike<unknown> =>
  isClientTransaction(transaction) ? transaction.unsafe(text, values) : transaction.query(text, values);
