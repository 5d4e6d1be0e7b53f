import { type SqlRow } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { envelopeFields } from '../../domain/envelopeFields';
import { isEnvelope, type TaskEnvelope } from '../../domain/TaskEnvelope';
import { type TaskId } from '../../domain/TaskId';
import { type StoredTaskError, type TaskRecord } from '../../domain/TaskRecord';
import { type TaskStatus } from '../../domain/TaskStatus';
import { parseJson, valueFields } from '../../queue/TaskRecordReader';
import { type LedgerEntry } from '../LedgerEntry';
import { toCrashCount, toMs } from './EntryRow';

/** The columns of a task of which its record is made, with the related fields, as a list of SQL. */
export const HISTORY_COLUMNS =
  'id, task_type, payload, status, max_attempts, current_attempt, created_at, updated_at, scheduled_at, started_at, completed_at, envelope, result, error, cancel_reason, cancel_requested_at, reopened_at';

/** The columns of which its job is made too: with the related fields a row of them is one of `toEntryFields`. */
export const KEPT_COLUMNS = `${HISTORY_COLUMNS}, priority, job`;

/**
 * What other rows say of a task, as a list of SQL for a table `task` with `HISTORY_COLUMNS`. Of several that do one again the newest
 * counts.
 */
export const toRelatedFields = (tables: SqlTables): string =>
  `${toCrashCount(tables)} AS crash_count,
   CASE WHEN task.status IN ('failed', 'cancelled') THEN
     (SELECT MAX(again.id) FROM ${tables.name('tasks')} AS again WHERE again.retried_from = task.id)
   END AS retried_as`;

/**
 * Reads a row of `HISTORY_COLUMNS` with the related fields: the record that Redis would give, without what only Redis knows.
 * Another program may have written anything there: what is no JSON is left as a text, or left out, as it is of a job.
 */
export const parseHistoryRow = (row: SqlRow): TaskRecord => {
  const status = String(row['status']) as TaskStatus; // written by this folder
  const startedAtMs = toMs(row['started_at']);
  const endedAtMs = toMs(row['completed_at']);
  const dueAtMs = dueAtMsOf(row, status);
  const cancelRequestedAtMs = toMs(row['cancel_requested_at']);
  const { cancel_reason: cancelReason, retried_as: retriedAs, error } = row;
  return {
    id: String(row['id']) as TaskId, // the same
    name: String(row['task_type']),
    status,
    ...sentFieldsOf(row),
    attempt: Number(row['current_attempt']),
    maxAttempts: Number(row['max_attempts']),
    crashCount: Number(row['crash_count']),
    scheduledAt: new Date(Number(row['created_at'])),
    ...(dueAtMs === undefined ? {} : { dueAt: new Date(dueAtMs) }),
    ...(startedAtMs === undefined ? {} : { startedAt: new Date(startedAtMs) }),
    ...(endedAtMs === undefined ? {} : { endedAt: new Date(endedAtMs) }),
    ...(status === 'completed' ? valueFields(parseJson(String(row['result'] ?? 'null'), undefined)) : {}),
    ...(typeof error === 'string' && status !== 'completed' ? { error: parseError(error) } : {}),
    ...(cancelRequestedAtMs === undefined ? {} : { cancelRequestedAt: new Date(cancelRequestedAtMs) }),
    ...(typeof cancelReason === 'string' ? { cancelReason } : {}),
    ...(typeof retriedAs === 'string' ? { retriedAs: retriedAs as TaskId } : {}),
  };
};

/** When a task was to run first, if it was scheduled for later; its row forgets that as soon as it is put off again. */
export const firstDueAtOf = (row: SqlRow): Date | undefined => {
  const job = parseJson(String(row['job']), undefined) as Partial<LedgerEntry> | null | undefined; // unless spoilt
  const { delay = 0, timestamp = Number(row['created_at']) } = job?.options ?? {};
  return delay === 0 ? undefined : new Date(timestamp + delay);
};

/** Reads an error as it is stored; of what is none the text is its message. */
export const parseError = (text: string): StoredTaskError => {
  const error = parseJson(text, undefined) as Partial<StoredTaskError> | null | undefined; // unless spoilt
  return typeof error?.message === 'string'
    ? (error as StoredTaskError) // written by toEndRow
    : { message: text, code: 'task-failed', attempt: 0 };
};

/** What was sent with the task. */
const sentFieldsOf = (row: SqlRow): Partial<TaskRecord> & Pick<TaskRecord, 'payload'> => {
  const payload = parseJson(String(row['payload']), row['payload']);
  const envelope = parseJson(String(row['envelope']), undefined);
  return isEnvelope(envelope)
    ? envelopeFields({ ...(envelope as unknown as TaskEnvelope), payload })
    : { payload };
};

/** The moment that a task was put off to when something happened to it last, however long ago that moment is by now. */
const dueAtMsOf = (row: SqlRow, status: TaskStatus): number | undefined => {
  const dueAtMs = toMs(row['scheduled_at']);
  const waits = status === 'scheduled' || status === 'retrying';
  return waits && dueAtMs !== undefined && dueAtMs > Number(row['updated_at']) ? dueAtMs : undefined;
};
