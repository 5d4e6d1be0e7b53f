import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { LedgerError } from '../LedgerError';

/** A transaction of a caller's does not answer what its statements return: then nobody knows what they did. */
export const toUnanswered = (): LedgerError =>
  new LedgerError(
    "expected the transaction's query to answer the rows that its statement returns, got none",
    {
      code: 'ledger-refused',
    },
  );

/** Rejects when a transaction of a caller's answers no rows to whatever it is asked. */
export const checkAnswers = async (executor: SqlExecutor): Promise<void> => {
  const rows = await executor.query('SELECT 1 AS one');
  if (rows.length === 0) throw toUnanswered();
};
