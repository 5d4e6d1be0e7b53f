import { type TransactionAdapter } from '@backend/tasks';
import { type TransactionSql } from 'postgres';

// #region adapter
/** A transaction of postgres.js: what `sql.begin` hands over. */
export const postgresJsTransaction = (transaction: TransactionSql): TransactionAdapter => ({
  query: (text, values) => transaction.unsafe(text, values),
});
// #endregion
