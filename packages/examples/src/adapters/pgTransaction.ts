import { type TransactionAdapter } from '@backend/tasks';
import { type ClientBase } from 'pg';

// #region adapter
/** A transaction of pg: its client, between BEGIN and COMMIT. */
export const pgTransaction = (client: ClientBase): TransactionAdapter => ({
  query: async (text, values) => (await client.query(text, values)).rows,
});
// #endregion
