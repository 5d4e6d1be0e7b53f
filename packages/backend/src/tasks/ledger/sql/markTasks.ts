import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { type PublishedQuery } from '../LedgerOutbox';
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
  readonly query: Pick<PublishedQuery, 'untouchedSinceMs' | 'runningSinceMs'>;
}

/** Which of the ids `$2` nothing has happened to since: `$3`, or `$4` to those that run, `$5` to the others. */
const toUntouched = ({ dialect }: SqlTables): string =>
  `id IN ${selectTexts(dialect, '$2')} AND status IN ${UNFINISHED} AND published_at <= $3
     AND updated_at <= CASE WHEN status = 'running' THEN CAST($4 AS BIGINT) ELSE CAST($5 AS BIGINT) END`;

/**
 * Writes that tasks are on no queue any more; answers how many. To be called in a transaction. The attempt of one that ran is
 * kept as crashed: nobody else would tell of it any more, and a task that kills its workers must not run for ever.
 */
export const unpublishTasks = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { ids, nowMs, query: { untouchedSinceMs, runningSinceMs } }: PublicationLoss,
): Promise<number> => {
  const values = [nowMs, toIds(ids), untouchedSinceMs, runningSinceMs, untouchedSinceMs];
  await executor.query(
    `INSERT INTO ${tables.name('task_attempts')} (task_id, number, started_at, ended_at, worker_id, outcome)
     SELECT id, current_attempt, started_at, CAST($1 AS BIGINT), worker_id, 'crashed' FROM ${tables.name('tasks')}
     WHERE ${toUntouched(tables)} AND status = 'running' AND current_attempt > 0 AND started_at IS NOT NULL
     ON CONFLICT DO NOTHING`,
    values,
  );
  const rows = await executor.query(
    `UPDATE ${tables.name('tasks')} SET
       published_at = NULL,
       claimed_until = NULL,
       updated_at = $1,
       status = CASE WHEN status <> 'running' THEN status WHEN current_attempt > 0 THEN 'retrying' ELSE 'pending' END
     WHERE ${toUntouched(tables)}
     RETURNING id`,
    values,
  );
  return rows.length;
};
