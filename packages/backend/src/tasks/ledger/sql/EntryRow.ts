import { type SqlRow } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskEnvelope } from '../../domain/TaskEnvelope';
import { type TaskId } from '../../domain/TaskId';
import { type LedgerEntry } from '../LedgerEntry';
import { type UnpublishedTask } from '../LedgerOutbox';
import { type Cell, toColumns, toStorableKey } from './batch';

/** What is written of a task when it is scheduled. */
export const ENTRY_COLUMNS = toColumns(
  [
    'id',
    'task_type',
    'payload',
    'status',
    'priority',
    'retry_strategy',
    'max_attempts',
    'current_attempt',
    'created_at',
    'updated_at',
    'scheduled_at',
    'created_by',
    'metadata',
    'queue_prefix',
    'correlation_id',
    'parent_id',
    'schedule_id',
    'retried_from',
    'idempotency_key',
    'key_expires_at',
    'unique_tag',
    'expires_at',
    'envelope',
    'job',
  ],
  ['priority', 'max_attempts', 'current_attempt'],
);

const toJson = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));

/** The cells of a task in the order of `ENTRY_COLUMNS`. */
export const toEntryCells = (entry: LedgerEntry, queuePrefix: string): readonly Cell[] => {
  const { id, taskName, key, createdAtMs, dueAtMs = null } = entry;
  const { payload, ...envelope } = entry.envelope;
  return [
    id,
    taskName,
    // What JSON has no word for is stored as nothing, as in Redis.
    JSON.stringify(payload) ?? 'null',
    dueAtMs === null ? 'pending' : 'scheduled',
    entry.priority,
    toJson(entry.retryStrategy),
    entry.maxAttempts,
    0,
    createdAtMs,
    createdAtMs,
    dueAtMs,
    envelope.userId ?? null,
    toJson(envelope.metadata),
    queuePrefix,
    envelope.correlationId,
    envelope.parentId ?? null,
    envelope.scheduleId ?? null,
    envelope.retriedFrom ?? null,
    key?.kind === 'idempotency' ? toStorableKey(key.key) : null,
    key?.kind === 'idempotency' ? key.expiresAtMs : null,
    key?.kind === 'unique' ? toStorableKey(key.key) : null,
    envelope.expiresAtMs ?? null,
    JSON.stringify(envelope),
    JSON.stringify({ options: entry.options, debounce: entry.debounce, fields: entry.fields }),
  ];
};

/** How often the worker of a task died since it was put back last, in SQL. `id` and `reopened_at` are the task's: SQLite knows no name of it in a `RETURNING`. */
export const toCrashCount = (tables: SqlTables): string =>
  `(SELECT COUNT(*) FROM ${tables.name('task_attempts')} AS crash
    WHERE crash.task_id = id AND crash.outcome = 'crashed' AND crash.ended_at >= COALESCE(reopened_at, 0))`;

/** The columns of which an entry is made again, and how often its worker died, as a list of SQL. */
export const toEntryFields = (tables: SqlTables): string =>
  `id, task_type, payload, status, priority, max_attempts, current_attempt, created_at, scheduled_at, started_at, envelope, job,
   ${toCrashCount(tables)} AS crash_count`;

/** A BIGINT is a number on SQLite and a text on Postgres. */
export const toMs = (value: unknown): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);

/** Reads a row of `toEntryFields`. Its key is the ledger's and not read. */
export const parseEntryRow = (row: SqlRow): UnpublishedTask => {
  const { v, ...envelope }: Omit<TaskEnvelope, 'payload'> = JSON.parse(String(row['envelope']));
  const job: Pick<LedgerEntry, 'options' | 'debounce' | 'fields'> = JSON.parse(String(row['job']));
  const attempt = Number(row['current_attempt']);
  const crashCount = Number(row['crash_count']);
  // The attempt of one that runs has not ended; a crash may be known of one that nobody saw begin.
  const attemptsMade = Math.max(crashCount, row['status'] === 'running' ? attempt - 1 : attempt);
  return {
    id: String(row['id']) as TaskId, // written by toEntryCells
    taskName: String(row['task_type']),
    // In the order of the scheduling call: the same data is the same text.
    envelope: { v, payload: JSON.parse(String(row['payload'])), ...envelope },
    options: job.options,
    debounce: job.debounce,
    ...(job.fields === undefined ? {} : { fields: job.fields }),
    key: undefined,
    priority: Number(row['priority']),
    maxAttempts: Number(row['max_attempts']),
    retryStrategy: undefined,
    createdAtMs: Number(row['created_at']),
    dueAtMs: toMs(row['scheduled_at']),
    attemptsMade,
    crashCount,
    hasBegun: attempt > 0 || toMs(row['started_at']) !== undefined,
  };
};
