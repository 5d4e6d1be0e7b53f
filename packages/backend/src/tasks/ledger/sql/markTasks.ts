import { type SqlExecutor, type SqlRow } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { type LedgerOutbox, type LostCancelled, type TakenBack } from '../LedgerOutbox';
import { selectBatch, selectTexts, toBatch, toColumns } from './batch';
import { UNFINISHED } from './statuses';

const toIds = (ids: readonly TaskId[]): string => toBatch(ids.map((id) => [id]));

interface PublicationMark {
  readonly ids: readonly TaskId[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** Writes that tasks are on their queues. */
export const markPublished = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { ids, nowMs }: PublicationMark,
): Promise<void> => {
  await executor.query(
    `UPDATE ${tables.name('tasks')} SET published_at = $1, claimed_until = NULL
     WHERE id IN ${selectTexts(tables.dialect, '$2')} AND published_at IS NULL AND status IN ${UNFINISHED}`,
    [nowMs, toIds(ids)],
  );
};

/** Ends the leases of tasks. */
export const releaseTasks = async (
  executor: SqlExecutor,
  tables: SqlTables,
  ids: readonly TaskId[],
): Promise<void> => {
  await executor.query(
    `UPDATE ${tables.name('tasks')} SET claimed_until = NULL
     WHERE id IN ${selectTexts(tables.dialect)} AND published_at IS NULL AND status IN ${UNFINISHED}`,
    [toIds(ids)],
  );
};

/** As a task was listed. */
type ListedTask = Parameters<LedgerOutbox['unpublish']>[0][number];

interface PublicationLoss extends Pick<PublicationMark, 'nowMs'> {
  readonly listed: readonly ListedTask[];
}

const LISTED_COLUMNS = toColumns(['task_id', 'status', 'updated_at']);

/** Finds, and keeps for itself, which tasks are still as they were listed in `$1`: all that happens to one is in these columns. */
const toUnchangedQuery = ({ dialect, name }: SqlTables): string =>
  `SELECT task.id FROM (${selectBatch(dialect, LISTED_COLUMNS)}) AS batch
   JOIN ${name('tasks')} AS task ON task.id = batch.task_id
   WHERE task.status = batch.status AND task.updated_at = batch.updated_at
     AND task.status IN ${UNFINISHED} AND task.published_at IS NOT NULL
   ${dialect === 'postgres' ? 'FOR NO KEY UPDATE OF task SKIP LOCKED' : ''}`;

/**
 * Writes that tasks are on no queue any more. To be called in a transaction. The attempt of one that ran is kept as crashed: nobody
 * else would tell of it any more, and a task that kills its workers must not run for ever. One that somebody wants to stop is
 * cancelled instead; one that somebody is writing is left alone.
 */
export const unpublishTasks = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { listed, nowMs }: PublicationLoss,
): Promise<TakenBack> => {
  const cells = listed.map(({ id, status, updatedAtMs }) => [id, status, updatedAtMs]);
  const unchanged = await executor.query(toUnchangedQuery(tables), [toBatch(cells)]);
  if (unchanged.length === 0) return NOTHING_TAKEN;
  const values = [nowMs, toBatch(unchanged.map(({ id }) => [String(id)]))];
  await executor.query(
    `INSERT INTO ${tables.name('task_attempts')} (task_id, number, started_at, ended_at, worker_id, outcome)
     SELECT id, current_attempt, started_at, CAST($1 AS BIGINT), worker_id, 'crashed' FROM ${tables.name('tasks')}
     WHERE id IN ${selectTexts(tables.dialect, '$2')} AND status = 'running' AND current_attempt > 0
       AND started_at IS NOT NULL
     ON CONFLICT DO NOTHING`,
    values,
  );
  const written = await executor.query(
    `UPDATE ${tables.name('tasks')} SET
       published_at = CASE WHEN cancel_requested_at IS NOT NULL THEN published_at END,
       claimed_until = NULL,
       updated_at = $1,
       completed_at = CASE WHEN cancel_requested_at IS NOT NULL THEN CAST($1 AS BIGINT) END,
       status = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
         WHEN status <> 'running' THEN status WHEN current_attempt > 0 THEN 'retrying' ELSE 'pending' END
     WHERE id IN ${selectTexts(tables.dialect, '$2')}
     RETURNING id, task_type, status, correlation_id, cancel_reason`,
    values,
  );
  const [cancelled = [], unpublished = []] = [true, false].map((isCancelled) =>
    written.filter(({ status }) => (status === 'cancelled') === isCancelled),
  );
  return { unpublishedIds: unpublished.map(toId), cancelled: cancelled.map(toCancelled) };
};

/** Of no task. */
export const NOTHING_TAKEN: TakenBack = { unpublishedIds: [], cancelled: [] };

const toId = ({ id }: SqlRow): TaskId => String(id) as TaskId; // written by toEntryCells

const toCancelled = (row: SqlRow): LostCancelled => ({
  id: toId(row),
  taskName: String(row['task_type']),
  correlationId: String(row['correlation_id']),
  ...(typeof row['cancel_reason'] === 'string' ? { reason: row['cancel_reason'] } : {}),
});
