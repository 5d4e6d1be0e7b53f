import { type Migration } from '@backend/database/Migration';
import { type SqlTables } from '@backend/database/SqlTables';
import { UNFINISHED } from '../sql/statuses';

/**
 * The tables. Times are milliseconds since 1970, JSON is text: it comes back as it was written, on every database.
 *
 * The columns down to `metadata` are those of the requirement; `idempotency_key` and `unique_tag` are what the caller said,
 * `envelope` and `job` what the job needs besides the payload.
 */
export const tasksMigration: Migration = {
  version: 1,
  name: 'tasks',
  statements: (tables) => [
    `CREATE TABLE ${tables.name('tasks')} (
      id TEXT NOT NULL PRIMARY KEY,
      task_type TEXT NOT NULL,
      payload TEXT NOT NULL,
      status TEXT NOT NULL,
      priority INTEGER NOT NULL,
      retry_strategy TEXT,
      max_attempts INTEGER NOT NULL,
      current_attempt INTEGER NOT NULL,
      last_error TEXT,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      scheduled_at BIGINT,
      started_at BIGINT,
      completed_at BIGINT,
      created_by TEXT,
      metadata TEXT,
      queue_prefix TEXT NOT NULL,
      correlation_id TEXT NOT NULL,
      parent_id TEXT,
      schedule_id TEXT,
      retried_from TEXT,
      idempotency_key TEXT,
      key_expires_at BIGINT,
      unique_tag TEXT,
      expires_at BIGINT,
      envelope TEXT NOT NULL,
      job TEXT NOT NULL,
      published_at BIGINT,
      claimed_until BIGINT,
      reopened_at BIGINT,
      worker_id TEXT,
      result TEXT,
      error TEXT,
      cancel_reason TEXT,
      cancel_requested_at BIGINT
    )${withoutRowid(tables)}`,
    `CREATE TABLE ${tables.name('task_attempts')} (
      task_id TEXT NOT NULL,
      number INTEGER NOT NULL,
      started_at BIGINT NOT NULL,
      ended_at BIGINT NOT NULL,
      worker_id TEXT,
      outcome TEXT NOT NULL,
      error TEXT,
      PRIMARY KEY (task_id, number, started_at)
    )${withoutRowid(tables)}`,
    ...indexes(tables),
  ],
};

/** A row is stored with its key, not beside it: one tree to write instead of two. */
const withoutRowid = ({ dialect }: SqlTables): string => (dialect === 'sqlite' ? ' WITHOUT ROWID' : '');

interface Index {
  readonly name: string;
  readonly columns: string;
  /** Which rows it holds: what few rows have costs the others nothing. */
  readonly where?: string;
  readonly isUnique?: boolean;
}

const INDEXES: readonly Index[] = [
  { name: 'tasks_outbox', columns: 'queue_prefix, id', where: 'published_at IS NULL' },
  { name: 'tasks_unfinished', columns: 'queue_prefix, id', where: `status IN ${UNFINISHED}` },
  {
    name: 'tasks_idempotency_key',
    columns: 'queue_prefix, task_type, idempotency_key',
    where: 'idempotency_key IS NOT NULL',
    isUnique: true,
  },
  {
    name: 'tasks_unique_tag',
    columns: 'queue_prefix, task_type, unique_tag',
    where: `unique_tag IS NOT NULL AND status IN ${UNFINISHED}`,
    isUnique: true,
  },
  { name: 'tasks_ended', columns: 'queue_prefix, status, completed_at', where: 'completed_at IS NOT NULL' },
  { name: 'tasks_failed', columns: 'queue_prefix, id', where: "status = 'failed'" },
  { name: 'tasks_cancelled', columns: 'queue_prefix, id', where: "status = 'cancelled'" },
  { name: 'tasks_retried', columns: 'retried_from, id', where: 'retried_from IS NOT NULL' },
  { name: 'tasks_type', columns: 'task_type, id' },
  { name: 'tasks_correlation', columns: 'correlation_id, id' },
  { name: 'tasks_owner', columns: 'created_by, id', where: 'created_by IS NOT NULL' },
  { name: 'tasks_parent', columns: 'parent_id, id', where: 'parent_id IS NOT NULL' },
  { name: 'tasks_schedule', columns: 'schedule_id, id', where: 'schedule_id IS NOT NULL' },
];

/** An index of Postgres is in the schema of its table, and named without it. */
const indexes = (tables: SqlTables): string[] =>
  INDEXES.map(({ name, columns, where, isUnique = false }) => {
    const quoted = tables.dialect === 'postgres' ? `"${name}"` : tables.name(name);
    const filter = where === undefined ? '' : ` WHERE ${where}`;
    return `CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX ${quoted} ON ${tables.name('tasks')} (${columns})${filter}`;
  });
