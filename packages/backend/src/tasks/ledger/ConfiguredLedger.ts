import { type AppConfig } from '@backend/config/AppConfig';
import { parseDatabaseUrl } from '@backend/database/DatabaseTarget';
import { checkSchema, migrate } from '@backend/database/migrate';
import { openDatabase } from '@backend/database/openDatabase';
import { createSqlTables } from '@backend/database/SqlTables';
import { migrations } from './migrations/migrations';
import { createSqlTaskLedger } from './sqlTaskLedger';
import { type TaskLedger } from './TaskLedger';

/** What a ledger needs of the configuration. */
export type LedgerConfig = Pick<AppConfig, 'ledgerUrl' | 'ledgerSchema' | 'ledgerDeadlineMs' | 'queuePrefix'>;

interface ConfiguredLedgerOptions {
  /** Whether its tables are brought up to date by the first use; otherwise they must be so already. Default: true. */
  readonly shouldMigrate?: boolean;
}

/** `LEDGER_URL` without a ledger. */
const OFF = 'off';

/**
 * The ledger of a configuration, with a database of its own; nothing when it is off. Opened by the first use, not by this call.
 *
 * @throws DatabaseUrlError when the URL has none of the accepted forms; a configuration that was read has been checked.
 */
export const createConfiguredLedger = (
  { ledgerUrl, ledgerSchema, ledgerDeadlineMs, queuePrefix }: LedgerConfig,
  { shouldMigrate = true }: ConfiguredLedgerOptions = {},
): TaskLedger | undefined => {
  if (ledgerUrl === OFF) return undefined;
  const target = parseDatabaseUrl(ledgerUrl);
  if (target.isErr()) throw target.error;
  const database = openDatabase(target.value, { deadlineMs: ledgerDeadlineMs });
  const tables = createSqlTables(database.dialect, ledgerSchema);
  const prepare = shouldMigrate ? migrate : checkSchema;
  return createSqlTaskLedger({
    database,
    tables,
    queuePrefix,
    deadlineMs: ledgerDeadlineMs,
    migrate: async () => {
      const prepared = await prepare({ database, tables, migrations });
      if (prepared.isErr()) throw prepared.error;
    },
  });
};
