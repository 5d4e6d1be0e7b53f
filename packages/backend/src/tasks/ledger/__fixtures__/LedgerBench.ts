import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { parseDatabaseUrl } from '@backend/database/DatabaseTarget';
import { migrate } from '@backend/database/migrate';
import { openDatabase } from '@backend/database/openDatabase';
import { type SqlDatabase, type SqlDialect, type SqlRow } from '@backend/database/SqlDatabase';
import { createSqlTables, type SqlTables } from '@backend/database/SqlTables';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ENVELOPE_VERSION, type TaskEnvelope } from '../../domain/TaskEnvelope';
import { TaskId } from '../../domain/TaskId';
import { type LedgerEntry } from '../LedgerEntry';
import { type EndedAttempt } from '../LedgerWriter';
import { migrations } from '../migrations/migrations';
import { createLedgerDatabase, type LedgerDatabase } from '../sql/LedgerDatabase';

/** A ledger's database with its tables, empty, of which a test sees everything. */
export interface LedgerBench extends AsyncDisposable {
  readonly dialect: SqlDialect;
  readonly database: SqlDatabase;
  readonly tables: SqlTables;
  readonly ledgerDatabase: LedgerDatabase;
  readonly url: string;
  /** Connects to the same database once more, as another process would; closed with the bench. */
  openAnother(): LedgerDatabase;
  /** The row of a task. */
  row(id: TaskId): Promise<SqlRow | undefined>;
  /** The rows of a task's attempts, in their order. */
  attempts(id: TaskId): Promise<readonly SqlRow[]>;
}

/** When the entries of tests are made: 1 January 2026; milliseconds since 1970. */
export const CREATED_AT_MS = Date.UTC(2026, 0, 1);

/** Busy machines take their time. */
const OPTIONS = { deadlineMs: 5000, maxConnections: 10 } as const;

/** Sets up a bench. */
export const createLedgerBench = async (dialect: SqlDialect): Promise<LedgerBench> => {
  const target = await createTestDatabase(dialect);
  const opened: SqlDatabase[] = [];
  const open = (): SqlDatabase => {
    const database = openDatabase(parseDatabaseUrl(target.url)._unsafeUnwrap(), OPTIONS);
    opened.push(database);
    return database;
  };
  const database = open();
  const tables = createSqlTables(dialect, undefined);
  (await migrate({ database, tables, migrations }))._unsafeUnwrap();
  const toLedgerDatabase = (ofProcess: SqlDatabase): LedgerDatabase =>
    createLedgerDatabase({
      database: ofProcess,
      tables,
      queuePrefix: 'test',
      // Shorter than what a test may take that waits for it.
      deadlineMs: 2000,
      migrate: async () => undefined,
    });
  const ledgerDatabase = toLedgerDatabase(database);
  return {
    dialect,
    database,
    tables,
    ledgerDatabase,
    url: target.url,
    openAnother: () => toLedgerDatabase(open()),
    row: async (id) => {
      const [row] = await database.query(`SELECT * FROM ${tables.name('tasks')} WHERE id = $1`, [id]);
      return row;
    },
    attempts: (id) =>
      database.query(
        `SELECT * FROM ${tables.name('task_attempts')} WHERE task_id = $1 ORDER BY number, started_at`,
        [id],
      ),
    [Symbol.asyncDispose]: async () => {
      for (const each of opened) await each.close();
      await target[Symbol.asyncDispose]();
    },
  };
};

/** An entry of a task that may run at once, unless the test says otherwise. */
export const sampleEntry = (
  given: Partial<LedgerEntry> = {},
  envelope: Partial<TaskEnvelope> = {},
): LedgerEntry => {
  const { id = TaskId() } = given;
  return {
    id,
    taskName: 'emails:send',
    envelope: {
      v: ENVELOPE_VERSION,
      payload: { to: 'ada@example.com' },
      correlationId: CorrelationId(),
      ...envelope,
    },
    options: { jobId: id, priority: 51, attempts: 3, timestamp: CREATED_AT_MS },
    debounce: undefined,
    key: undefined,
    priority: 50,
    maxAttempts: 3,
    retryStrategy: undefined,
    createdAtMs: CREATED_AT_MS,
    dueAtMs: undefined,
    ...given,
  };
};

/** The first attempt of a task: it took 5 ms and completed, unless the test says otherwise. */
export const sampleEnd = (id: TaskId, given: Partial<EndedAttempt> = {}): EndedAttempt => ({
  id,
  attempt: 1,
  workerId: 'w1',
  hasBegun: true,
  startedAtMs: CREATED_AT_MS + 10,
  endedAtMs: CREATED_AT_MS + 15,
  outcome: { kind: 'completed', value: { sent: true } },
  ...given,
});
