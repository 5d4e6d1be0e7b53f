import { err, ok, type Result } from 'neverthrow';
import { DatabaseError } from './DatabaseError';
import { toDatabaseError } from './databaseFailure';
import { type Migration } from './Migration';
import { createMigrationLog, type MigrationLog } from './MigrationLog';
import { SchemaError } from './SchemaError';
import { type SqlDatabase, type SqlExecutor } from './SqlDatabase';
import { describePlace, type SqlTables } from './SqlTables';
import { toSchemaError } from './schemaFailure';
import { untilFree } from './untilFree';

/** What is brought up to date, and with what. */
export interface MigrateOptions {
  readonly database: SqlDatabase;
  readonly tables: SqlTables;
  /** All there are, numbered 1, 2, 3 and so on. */
  readonly migrations: readonly Migration[];
  /** Milliseconds to wait for another process that does the same, and for each statement; >= 1. Default: 60000. */
  readonly patienceMs?: number;
  /** Milliseconds since 1970. Default: the clock of this process. */
  readonly now?: () => number;
}

/** How many migrations were applied before and are applied now. */
export interface MigrationReport {
  readonly from: number;
  readonly to: number;
}

/**
 * Brings the tables of a database up to date: each migration that is missing is applied once, all of them in one transaction,
 * by whichever process comes first. The others wait.
 *
 * Errors: `SchemaError` when trying again is futile; `DatabaseError` when the database is not there, or busy.
 *
 * @throws {RangeError} for migrations that are not numbered 1, 2, 3 and so on.
 */
export const migrate = async ({
  database,
  tables,
  migrations,
  patienceMs = 60_000,
  now = Date.now,
}: MigrateOptions): Promise<Result<MigrationReport, SchemaError | DatabaseError>> => {
  const numbers = migrations.map(({ version }) => version);
  if (numbers.some((version, index) => version !== index + 1))
    throw new RangeError(`expected migrations to be numbered 1, 2, 3 and so on, got ${numbers.join(', ')}`);
  const log = createMigrationLog(tables, now);
  const applyAll = (transaction: SqlExecutor) => applyMissing({ transaction, tables, migrations, log });
  try {
    // What is up to date needs no lock, which a transaction of this very process may have.
    const applied = await log.read(database);
    if (applied === migrations.length) return ok({ from: applied, to: applied });
    const report = await untilFree(
      () => database.transaction(applyAll, { deadlineMs: patienceMs }),
      patienceMs,
    );
    return ok(report);
  } catch (thrown) {
    return err(thrown instanceof SchemaError ? thrown : toDatabaseError(thrown));
  }
};

/**
 * Finds out whether the tables of a database are up to date, and changes nothing.
 *
 * Errors: `SchemaError` (`older`, `newer`) when they are not; `DatabaseError` when the database is not there, or busy.
 */
export const checkSchema = async ({
  database,
  tables,
  migrations,
}: Pick<MigrateOptions, 'database' | 'tables' | 'migrations'>): Promise<
  Result<void, SchemaError | DatabaseError>
> => {
  const to = migrations.length;
  try {
    const from = (await createMigrationLog(tables, Date.now).read(database)) ?? 0;
    if (from > to) return err(toNewer({ tables, from, to }));
    return from === to ? ok() : err(toOlder({ tables, from, to }));
  } catch (thrown) {
    return err(toDatabaseError(thrown));
  }
};

const applyMissing = async ({
  transaction,
  tables,
  migrations,
  log,
}: {
  readonly transaction: SqlExecutor;
  readonly tables: SqlTables;
  readonly migrations: readonly Migration[];
  readonly log: MigrationLog;
}): Promise<MigrationReport> => {
  await lock(transaction, tables);
  try {
    const from = await log.open(transaction);
    const to = migrations.length;
    if (from > to) throw toNewer({ tables, from, to });
    for (const migration of migrations.slice(from)) {
      for (const statement of migration.statements(tables)) await transaction.query(statement);
      await log.note(transaction, migration);
    }
    return { from, to };
  } catch (thrown) {
    throw toSchemaError(thrown, tables);
  }
};

/** On SQLite every transaction has the lock of the file. */
const lock = async (transaction: SqlExecutor, { dialect, schema }: SqlTables): Promise<void> => {
  if (dialect === 'sqlite') return;
  const [row] = await transaction.query(
    "SELECT pg_try_advisory_xact_lock(hashtext('drover migrations'), hashtext($1)) AS is_ours",
    [schema ?? ''],
  );
  if (row?.['is_ours'] === true) return;
  const message = `another process has been bringing the schema ${schema} up to date for too long`;
  throw new DatabaseError(message, { code: 'busy' });
};

interface Versions {
  readonly tables: SqlTables;
  readonly from: number;
  readonly to: number;
}

const toOlder = ({ tables, from, to }: Versions): SchemaError => {
  const got = from === 0 ? 'no tables of Drover' : `version ${from}`;
  const message = `expected ${describePlace(tables)} to have version ${to} of Drover's tables, got ${got}: whatever uses the ledger brings them up to date, such as a worker`;
  return new SchemaError(message, { code: 'older' });
};

const toNewer = ({ tables, from, to }: Versions): SchemaError => {
  const place = describePlace(tables);
  const message = `expected ${place} to have version ${to} or older, which this release of Drover knows, got version ${from}: update Drover here, or set LEDGER_SCHEMA to another name`;
  return new SchemaError(message, { code: 'newer' });
};
