import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type RunningAttempt } from '../LedgerWriter';
import { selectBatch, toBatch, toColumns, toStorableText } from './batch';
import { onlyFree } from './freeTasks';
import { UNFINISHED } from './statuses';

const COLUMNS = toColumns(['task_id', 'attempt', 'worker_id', 'started_at'], ['attempt']);

/**
 * Writes that attempts run. What comes late, when the very attempt has ended or another one runs, changes nothing.
 *
 * @param nowMs Milliseconds since 1970.
 */
export const touchAttempts = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { attempts, nowMs }: { readonly attempts: readonly RunningAttempt[]; readonly nowMs: number },
): Promise<void> => {
  const rows = attempts.map(({ id, attempt, workerId, startedAtMs }) => [
    id,
    attempt,
    toStorableText(workerId),
    startedAtMs,
  ]);
  // One that is left out was touched before, or is touched soon.
  const free = onlyFree(tables);
  await executor.query(
    `WITH batch AS (${selectBatch(tables.dialect, COLUMNS)})${free.table}
     UPDATE ${tables.name('tasks')} AS task SET
       status = 'running',
       current_attempt = batch.attempt,
       worker_id = batch.worker_id,
       started_at = batch.started_at,
       updated_at = $2,
       published_at = COALESCE(task.published_at, batch.started_at)
     FROM ${free.source}
     WHERE task.id = batch.task_id AND task.status IN ${UNFINISHED} AND task.current_attempt <= batch.attempt
       AND (task.status = 'running' OR task.started_at IS NULL
         OR task.started_at <> batch.started_at OR task.worker_id <> batch.worker_id)`,
    [toBatch(rows), nowMs],
  );
};
