import { type SqlDialect, type SqlExecutor } from '@backend/database/SqlDatabase';
import { err, ok, type Result } from 'neverthrow';
import { type CallerTransaction, queryIn } from '../domain/CallerTransaction';
import { LedgerError } from './LedgerError';
import { toTransactionError } from './sql/transactionFailure';
import { transactionProblem } from './transactionProblem';

/** What the ledger does in a transaction of a caller's. */
export interface SqlTransaction {
  /** Rejects with a `DatabaseError`, or a `LedgerError` that says what is wrong with the transaction. */
  readonly executor: SqlExecutor;
  /** Absent when the client does not say when it has committed. */
  readonly afterCommit?: (callback: () => void) => void;
}

/**
 * Recognises a transaction by its methods. Whether it is one of the ledger's database shows at the first statement.
 *
 * Error: `ledger-refused`, with what was expected and what was got instead: a whole client, say, or a transaction of the other
 * kind of database.
 *
 * @param dialect The ledger's.
 */
export const toTransaction = (given: unknown, dialect: SqlDialect): Result<SqlTransaction, LedgerError> => {
  const problem = transactionProblem(given, dialect);
  if (problem !== undefined) return err(new LedgerError(problem, { code: 'ledger-refused' }));
  const transaction = given as CallerTransaction; // its methods have just been looked at
  return ok({ executor: toExecutor(transaction, dialect), ...toHook(transaction) });
};

const toHook = (transaction: CallerTransaction): Pick<SqlTransaction, 'afterCommit'> =>
  'afterCommit' in transaction && transaction.afterCommit !== undefined
    ? { afterCommit: (callback) => transaction.afterCommit?.(callback) }
    : {};

const toExecutor = (transaction: CallerTransaction, dialect: SqlDialect): SqlExecutor => ({
  dialect,
  query: async (text, values = []) => {
    let rows: unknown;
    try {
      rows = await queryIn(transaction, text, [...values]);
    } catch (thrown) {
      throw toTransactionError(thrown);
    }
    if (Array.isArray(rows)) return [...rows];
    throw new LedgerError(
      `expected the transaction's query to answer an array of rows, got ${describeAnswer(rows)}`,
      { code: 'ledger-refused' },
    );
  },
});

/** Most clients answer an object around the rows. */
const describeAnswer = (answer: unknown): string =>
  typeof answer === 'object' && answer !== null && 'rows' in answer
    ? 'an object with rows: answer its rows'
    : String(answer);
