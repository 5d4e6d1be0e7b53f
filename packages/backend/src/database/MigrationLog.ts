import { toDatabaseError } from './databaseFailure';
import { type Migration } from './Migration';
import { type SqlExecutor } from './SqlDatabase';
import { quoted, type SqlTables } from './SqlTables';

/** The table of what was applied to a schema. */
export interface MigrationLog {
  /** The newest version that was applied, without a lock; nothing when there is no such table, or it may not be read. */
  read(executor: SqlExecutor): Promise<number | undefined>;
  /** Makes the schema and the table where they are missing, and answers the newest version in it; 0 for none. */
  open(transaction: SqlExecutor): Promise<number>;
  note(transaction: SqlExecutor, migration: Migration): Promise<void>;
}

/** Creates the log of a schema. */
export const createMigrationLog = (tables: SqlTables, now: () => number): MigrationLog => {
  const table = tables.name('drover_migrations');

  const read = async (executor: SqlExecutor): Promise<number> => {
    const [row] = await executor.query(`SELECT max(version) AS version FROM ${table}`);
    return Number(row?.['version'] ?? 0);
  };

  return {
    read: async (executor) => {
      try {
        return await read(executor);
      } catch (thrown) {
        if (toDatabaseError(thrown).code === 'refused') return undefined;
        throw thrown;
      }
    },
    open: async (transaction) => {
      if (tables.dialect === 'postgres') await createSchema(transaction, tables);
      await transaction.query(
        `CREATE TABLE IF NOT EXISTS ${table} (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)`,
      );
      return read(transaction);
    },
    note: async (transaction, { version, name: title }) => {
      const insertion = `INSERT INTO ${table} (version, name, applied_at) VALUES ($1, $2, $3)`;
      await transaction.query(insertion, [version, title, now()]);
    },
  };
};

/** `CREATE SCHEMA IF NOT EXISTS` needs the right to make one also when it is there. */
const createSchema = async (transaction: SqlExecutor, { schema = '' }: SqlTables): Promise<void> => {
  const found = await transaction.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (found.length === 0) await transaction.query(`CREATE SCHEMA ${quoted(schema)}`);
};
