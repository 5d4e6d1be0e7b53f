import { type SqlExecutor, type SqlRow } from '@backend/database/SqlDatabase';
import { type TaskId } from '../../domain/TaskId';
import { type TaskStatus } from '../../domain/TaskStatus';
import {
  type OutboxLag,
  type PublishedQuery,
  type UnfinishedTask,
  type UnpublishedQuery,
  type UnpublishedTasks,
} from '../LedgerOutbox';
import { selectTexts, toBatch } from './batch';
import { toEntryFields, toMs } from './EntryRow';
import { type LedgerDatabase } from './LedgerDatabase';
import { toIdLimit, toOldCondition } from './listConditions';
import { parseEntryRows } from './parseEntryRows';
import { ENDED, UNFINISHED } from './statuses';

type Place = Pick<LedgerDatabase, 'tables' | 'queuePrefix'>;

/** Which of these tasks are there. */
export const listCommitted = async (
  executor: SqlExecutor,
  { tables }: Place,
  ids: readonly TaskId[],
): Promise<readonly TaskId[]> => {
  const rows = await executor.query(
    `SELECT id FROM ${tables.name('tasks')} WHERE id IN ${selectTexts(tables.dialect)}`,
    [toBatch(ids.map((id) => [id]))],
  );
  const found = new Set(rows.map(({ id }) => id));
  return ids.filter((id) => found.has(id));
};

/** Which of these tasks are on no queue. */
export const readUnpublished = async (
  executor: SqlExecutor,
  { tables, queuePrefix }: Place,
  ids: readonly TaskId[],
): Promise<UnpublishedTasks> => {
  const rows = await executor.query(
    `SELECT ${toEntryFields(tables)} FROM ${tables.name('tasks')}
     WHERE queue_prefix = $1 AND id IN ${selectTexts(tables.dialect, '$2')}
       AND published_at IS NULL AND status IN ${UNFINISHED}`,
    [queuePrefix, toBatch(ids.map((id) => [id]))],
  );
  return parseEntryRows(rows);
};

/** The last unfinished task by its id. */
export const findLastUnfinished = async (
  executor: SqlExecutor,
  { tables, queuePrefix }: Place,
): Promise<TaskId | undefined> => {
  const [row] = await executor.query(
    `SELECT id FROM ${tables.name('tasks')} WHERE queue_prefix = $1 AND status IN ${UNFINISHED}
     ORDER BY id DESC LIMIT 1`,
    [queuePrefix],
  );
  return row === undefined ? undefined : (String(row['id']) as TaskId); // written by toEntryCells
};

/** Before every id. */
const FIRST_ID = '' as TaskId;

const UNFINISHED_COLUMNS = 'id, task_type, status, updated_at, cancel_requested_at';

/** Lists unfinished tasks that were put on a queue, in the order of their ids. */
export const listPublished = async (
  executor: SqlExecutor,
  { tables, queuePrefix }: Place,
  { limit, afterId = FIRST_ID, untilId, touched, runningSinceMs }: PublishedQuery,
): Promise<readonly UnfinishedTask[]> => {
  const { untilMs, aheadOfMs } = touched;
  const updatedUntil = "CASE WHEN status = 'running' THEN CAST($5 AS BIGINT) ELSE CAST($6 AS BIGINT) END";
  const rows = await executor.query(
    `SELECT ${UNFINISHED_COLUMNS} FROM ${tables.name('tasks')}
     WHERE queue_prefix = $1 AND status IN ${UNFINISHED} AND id > $2
       AND ${toOldCondition('published_at', ['$3', '$4'])} AND ${toOldCondition('updated_at', [updatedUntil, '$7'])}
       AND ${toIdLimit('$8')}
     ORDER BY id LIMIT $9`,
    [queuePrefix, afterId, untilMs, aheadOfMs, runningSinceMs, untilMs, aheadOfMs, untilId ?? null, limit],
  );
  return rows.map(toUnfinishedTask);
};

/** Lists tasks that are on no queue, in the order of their ids. */
export const listUnpublished = async (
  executor: SqlExecutor,
  { tables, queuePrefix }: Place,
  { limit, afterId = FIRST_ID, untilId, created }: UnpublishedQuery,
): Promise<readonly UnfinishedTask[]> => {
  const rows = await executor.query(
    `SELECT ${UNFINISHED_COLUMNS} FROM ${tables.name('tasks')}
     WHERE queue_prefix = $1 AND published_at IS NULL AND status NOT IN ${ENDED} AND id > $2
       AND ${toOldCondition('created_at', ['$3', '$4'])} AND ${toIdLimit('$5')}
     ORDER BY id LIMIT $6`,
    [queuePrefix, afterId, created.untilMs, created.aheadOfMs, untilId ?? null, limit],
  );
  return rows.map(toUnfinishedTask);
};

const toUnfinishedTask = ({
  id,
  task_type: taskName,
  status,
  updated_at: updatedAt = null,
  cancel_requested_at: cancelRequestedAt = null,
}: SqlRow): UnfinishedTask => ({
  id: String(id) as TaskId, // written by toEntryCells
  taskName: String(taskName),
  status: status as TaskStatus, // one of UNFINISHED
  updatedAtMs: toMs(updatedAt) ?? 0,
  hasCancelRequest: cancelRequestedAt !== null,
});

/**
 * How far the queues are behind the ledger. Changes no row, in a way that a database refuses which takes no writes: it would
 * answer, and take in nothing.
 *
 * @param nowMs Milliseconds since 1970.
 */
export const readLag = async (
  executor: SqlExecutor,
  { tables, queuePrefix }: Place,
  nowMs: number,
): Promise<OutboxLag> => {
  await executor.query(
    `UPDATE ${tables.name('tasks')} SET claimed_until = NULL
     WHERE queue_prefix = $1 AND published_at IS NULL AND id < ''`,
    [queuePrefix],
  );
  const [row] = await executor.query(
    `SELECT COUNT(*) AS count, MIN(updated_at) AS first_at, MAX(updated_at) AS last_at
     FROM ${tables.name('tasks')}
     WHERE queue_prefix = $1 AND published_at IS NULL AND status NOT IN ${ENDED}`,
    [queuePrefix],
  );
  const waitedMs = nowMs - (toMs(row?.['first_at']) ?? nowMs);
  const aheadMs = (toMs(row?.['last_at']) ?? nowMs) - nowMs;
  return {
    count: Number(row?.['count'] ?? 0),
    oldestMs: Math.max(0, waitedMs),
    aheadMs: Math.max(0, aheadMs),
  };
};
