import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { parseDatabaseUrl } from '@backend/database/DatabaseTarget';
import { openDatabase } from '@backend/database/openDatabase';
import { type SqlDatabase, type SqlDialect, type SqlRow } from '@backend/database/SqlDatabase';
import { createSqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { createTaskBench, type TaskBench, type TaskBenchOptions } from './TaskBench';

/** Real tasks on a real Redis with a ledger, of which a test sees the rows. */
export interface LedgerTaskBench extends AsyncDisposable {
  readonly bench: TaskBench;
  /** A client of its own on the ledger's database: another process, as it were. */
  readonly database: SqlDatabase;
  readonly url: string;
  row(id: TaskId): Promise<SqlRow | undefined>;
  /** Number and outcome of each kept attempt of a task. */
  attempts(id: TaskId): Promise<readonly (readonly [number: number, outcome: string])[]>;
  countRows(): Promise<number>;
  /** As of a worker that was killed while it ran an attempt of a task. */
  pretendToRun(id: TaskId, attempt: number): Promise<void>;
  /** As when somebody found that out. */
  pretendToCrash(id: TaskId, attempt: number): Promise<void>;
}

/** Sets up a bench on a database of its own. */
export const createLedgerTaskBench = async (
  dialect: SqlDialect,
  options: TaskBenchOptions,
): Promise<LedgerTaskBench> => {
  const target = await createTestDatabase(dialect);
  const bench = await createTaskBench({ ...options, env: { LEDGER_URL: target.url, ...options.env } });
  const database = openDatabase(parseDatabaseUrl(target.url)._unsafeUnwrap(), { deadlineMs: 15_000 });
  const tables = createSqlTables(dialect, undefined);
  return {
    bench,
    database,
    url: target.url,
    row: async (id) => {
      const [row] = await database.query(`SELECT * FROM ${tables.name('tasks')} WHERE id = $1`, [id]);
      return row;
    },
    attempts: async (id) => {
      const rows = await database.query(
        `SELECT number, outcome FROM ${tables.name('task_attempts')} WHERE task_id = $1 ORDER BY started_at, number`,
        [id],
      );
      return rows.map(({ number, outcome }) => [Number(number), String(outcome)]);
    },
    countRows: async () => {
      const [row] = await database.query(`SELECT COUNT(*) AS count FROM ${tables.name('tasks')}`);
      return Number(row?.['count']);
    },
    pretendToRun: async (id, attempt) => {
      await database.query(
        `UPDATE ${tables.name('tasks')} SET status = 'running', current_attempt = $1, started_at = $2, worker_id = 'dead' WHERE id = $3`,
        [attempt, attempt, id],
      );
    },
    pretendToCrash: async (id, attempt) => {
      await database.query(
        `INSERT INTO ${tables.name('task_attempts')} (task_id, number, started_at, ended_at, worker_id, outcome)
         VALUES ($1, $2, $3, $4, 'dead', 'crashed')`,
        [id, attempt, attempt, attempt],
      );
    },
    [Symbol.asyncDispose]: async () => {
      await bench[Symbol.asyncDispose]();
      await database.close();
      await target[Symbol.asyncDispose]();
    },
  };
};
