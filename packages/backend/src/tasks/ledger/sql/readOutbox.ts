import { type SqlExecutor, type SqlRow } from '@backend/database/SqlDatabase';
import { type TaskId } from '../../domain/TaskId';
import { type TaskStatus } from '../../domain/TaskStatus';
import {
  NEVER_MS,
  type OutboxLag,
  type PublishedQuery,
  type UnfinishedTask,
  type UnpublishedQuery,
  type UnpublishedTasks,
} from '../LedgerOutbox';
import { selectTexts, toBatch } from './batch';
import { toEntryFields, toMs } from './EntryRow';
import { type LedgerDatabase } from './LedgerDatabase';
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

/** Lists unfinished tasks that were put on a queue, in the order of their ids. */
export const listPublished = async (
  executor: SqlExecutor,
  { tables, queuePrefix }: Place,
  { limit, afterId = '' as TaskId, untouchedSinceMs, runningSinceMs, aheadOfMs = NEVER_MS }: PublishedQuery, // before every id
): Promise<readonly UnfinishedTask[]> => {
  const rows = await executor.query(
    `SELECT id, task_type, status, updated_at FROM ${tables.name('tasks')}
     WHERE queue_prefix = $1 AND status IN ${UNFINISHED} AND id > $2
       AND (published_at <= $3 OR published_at > $4)
       AND (updated_at <= CASE WHEN status = 'running' THEN CAST($5 AS BIGINT) ELSE CAST($6 AS BIGINT) END
         OR updated_at > $7)
     ORDER BY id LIMIT $8`,
    [
      ...[queuePrefix, afterId, untouchedSinceMs, aheadOfMs],
      ...[runningSinceMs, untouchedSinceMs, aheadOfMs, limit],
    ],
  );
  return rows.map(toUnfinishedTask);
};

/** Lists tasks that are on no queue, in the order of their ids. */
export const listUnpublished = async (
  executor: SqlExecutor,
  { tables, queuePrefix }: Place,
  { limit, afterId = '' as TaskId, createdUntilMs, aheadOfMs = NEVER_MS }: UnpublishedQuery, // before every id
): Promise<readonly UnfinishedTask[]> => {
  const rows = await executor.query(
    `SELECT id, task_type, status, updated_at FROM ${tables.name('tasks')}
     WHERE queue_prefix = $1 AND published_at IS NULL AND status NOT IN ${ENDED} AND id > $2
       AND (created_at <= $3 OR created_at > $4)
     ORDER BY id LIMIT $5`,
    [queuePrefix, afterId, createdUntilMs, aheadOfMs, limit],
  );
  return rows.map(toUnfinishedTask);
};

const toUnfinishedTask = ({
  id,
  task_type: taskName,
  status,
  updated_at: updatedAt = null,
}: SqlRow): UnfinishedTask => ({
  id: String(id) as TaskId, // written by toEntryCells
  taskName: String(taskName),
  status: status as TaskStatus, // one of UNFINISHED
  updatedAtMs: toMs(updatedAt) ?? 0,
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
