import { type TransactionAdapter } from '@backend/tasks';
import { type SQL, sql } from 'drizzle-orm';

/** What a transaction of drizzle over pg answers. */
interface DrizzleTransaction {
  execute(query: SQL): PromiseLike<{ readonly rows: Record<string, unknown>[] }>;
}

// #region adapter
/** A transaction of drizzle over pg: what `db.transaction` hands over. The placeholders are used in their order. */
export const drizzleTransaction = (transaction: DrizzleTransaction): TransactionAdapter => ({
  query: async (text, values) => {
    const parts = text.split(/\$\d+/).map((part) => sql.raw(part));
    const query = sql.join(
      parts.flatMap((part, index) => (index === 0 ? [part] : [sql`${values[index - 1]}`, part])),
    );
    return (await transaction.execute(query)).rows;
  },
});
// #endregion
