import { createLedgerDatabase, type LedgerDatabaseOptions } from './sql/LedgerDatabase';
import { createSqlHistory } from './sql/sqlHistory';
import { createSqlOutbox } from './sql/sqlOutbox';
import { createSqlWriter } from './sql/sqlWriter';
import { type TaskLedger } from './TaskLedger';

/** Creates a ledger on a database, which it owns. Free: the database is opened by the first call. */
export const createSqlTaskLedger = (options: LedgerDatabaseOptions): TaskLedger => {
  const { database, tables } = options;
  const ledgerDatabase = createLedgerDatabase(options);
  const writer = createSqlWriter(ledgerDatabase);
  const outbox = createSqlOutbox(ledgerDatabase);
  const closeListeners = new Set<() => void>();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    for (const listener of closeListeners) listener();
    closeListeners.clear();
    await writer.settled();
    await outbox.settled();
    await database.close();
  };
  return {
    dialect: tables.dialect,
    writer,
    outbox,
    history: createSqlHistory(ledgerDatabase),
    open: () => ledgerDatabase.run(async () => undefined),
    close: () => {
      closing ??= close();
      return closing;
    },
    onClose: (listener) => {
      closeListeners.add(listener);
    },
  };
};
