import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type CrashedAttempt } from '../LedgerWriter';

/**
 * Keeps an attempt whose worker died, unless as many are kept as there were. One that is kept as failed stays so: it was an
 * earlier one that died, of which the ledger could not be told. Of one that died at once it is not known which worker that was,
 * nor when it began.
 */
export const noteCrash = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { id, attempt, crashCount, foundAtMs }: CrashedAttempt,
): Promise<void> => {
  await executor.query(
    `INSERT INTO ${tables.name('task_attempts')} (task_id, number, started_at, ended_at, worker_id, outcome)
     SELECT id, CAST($1 AS INTEGER), CASE WHEN was_seen THEN started_at ELSE CAST($2 AS BIGINT) END, CAST($3 AS BIGINT),
       CASE WHEN was_seen THEN worker_id END, 'crashed'
     FROM (
       SELECT id, started_at, worker_id, status = 'running' AND current_attempt = $4 AS was_seen,
         COALESCE(reopened_at, 0) AS reopened_at
       FROM ${tables.name('tasks')} WHERE id = $5
     ) AS task
     WHERE (
       SELECT COUNT(*) FROM ${tables.name('task_attempts')} AS known
       WHERE known.task_id = task.id AND known.outcome = 'crashed' AND known.ended_at >= task.reopened_at
     ) < $6 AND NOT EXISTS (
       SELECT 1 FROM ${tables.name('task_attempts')} AS known
       WHERE known.task_id = task.id AND known.number = $7 AND known.outcome = 'retry' AND known.ended_at >= task.reopened_at
     )
     ON CONFLICT DO NOTHING`,
    [attempt, foundAtMs, foundAtMs, attempt, id, crashCount, attempt],
  );
};
