import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { NEVER_MS, type Untouched } from '../LedgerOutbox';
import { selectTexts, toBatch } from './batch';
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

interface PublicationLoss extends PublicationMark {
  readonly query: Untouched;
}

/**
 * Finds, and keeps for itself, which of the ids `$1` nothing has happened to since: `$2`, or `$4` to those that run, `$5` to the
 * others; and those of the others whose times are later than `$3` and `$6`.
 */
const toUntouchedQuery = ({ dialect, name }: SqlTables): string =>
  `SELECT id FROM ${name('tasks')}
   WHERE id IN ${selectTexts(dialect)} AND status IN ${UNFINISHED} AND (published_at <= $2 OR published_at > $3)
     AND (updated_at <= CASE WHEN status = 'running' THEN CAST($4 AS BIGINT) ELSE CAST($5 AS BIGINT) END
       OR (status <> 'running' AND updated_at > $6))
   ${dialect === 'postgres' ? 'FOR NO KEY UPDATE SKIP LOCKED' : ''}`;

/**
 * Writes that tasks are on no queue any more; answers how many. To be called in a transaction. The attempt of one that ran is
 * kept as crashed: nobody else would tell of it any more, and a task that kills its workers must not run for ever. One that
 * somebody wants to stop is cancelled instead, and not counted; one that somebody is writing is left alone.
 */
export const unpublishTasks = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { ids, nowMs, query }: PublicationLoss,
): Promise<number> => {
  const { untouchedSinceMs, runningSinceMs, aheadOfMs = NEVER_MS } = query;
  const given = [toIds(ids), untouchedSinceMs, aheadOfMs, runningSinceMs, untouchedSinceMs, aheadOfMs];
  const untouched = await executor.query(toUntouchedQuery(tables), given);
  if (untouched.length === 0) return 0;
  const values = [nowMs, toBatch(untouched.map(({ id }) => [String(id)]))];
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
     WHERE id IN ${selectTexts(tables.dialect, '$2')} RETURNING status`,
    values,
  );
  return written.filter(({ status }) => status !== 'cancelled').length;
};
