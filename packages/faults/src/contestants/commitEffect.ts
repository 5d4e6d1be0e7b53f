import { parseDatabaseUrl } from '@backend/database/DatabaseTarget';
import { openDatabase } from '@backend/database/openDatabase';
import { type SqlDatabase } from '@backend/database/SqlDatabase';
import { type TransactionAdapter } from '@backend/tasks/domain/CallerTransaction';

/** What a handler writes of its own: the table of the application, beside those of the ledger. */
interface Effect {
  readonly taskId: string;
  readonly run: string;
}

/** The application of this worker process has one client of the database, apart from the ledger's. */
let database: SqlDatabase | undefined;

const openApplicationDatabase = (): SqlDatabase => {
  const { LEDGER_URL = '' } = process.env;
  database ??= openDatabase(parseDatabaseUrl(LEDGER_URL)._unsafeUnwrap());
  return database;
};

/** Writes an effect, and what `complete` writes in the same transaction. */
export const commitEffect = async (
  { taskId, run }: Effect,
  complete: (transaction: TransactionAdapter) => Promise<void>,
): Promise<void> => {
  await openApplicationDatabase().transaction(async ({ query }) => {
    await query('INSERT INTO effects (task_id, run) VALUES ($1, $2)', [taskId, run]);
    await complete({ query });
  });
};
