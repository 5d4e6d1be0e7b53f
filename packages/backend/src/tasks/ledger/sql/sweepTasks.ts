import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type SweepRule } from '../LedgerHistory';
import { selectTexts, toBatch } from './batch';

/**
 * Deletes tasks that ended long ago and their attempts; to be called in a transaction. Answers how many tasks. One whose
 * idempotency key still holds stays: without it, the next call with the key would do its work again.
 */
export const sweepTasks = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { queuePrefix, status, endedBeforeMs, nowMs, limit }: SweepRule & { readonly queuePrefix: string },
): Promise<number> => {
  // Several sweepers take different tasks instead of waiting for each other. SQLite has one writer at a time.
  const lock = tables.dialect === 'postgres' ? 'FOR UPDATE SKIP LOCKED' : '';
  const deleted = await executor.query(
    `DELETE FROM ${tables.name('tasks')} WHERE id IN (
       SELECT id FROM ${tables.name('tasks')}
       WHERE queue_prefix = $1 AND status = $2 AND completed_at < $3
         AND (key_expires_at IS NULL OR key_expires_at <= $4)
       ORDER BY completed_at LIMIT $5 ${lock}
     ) RETURNING id`,
    [queuePrefix, status, endedBeforeMs, nowMs, limit],
  );
  if (deleted.length === 0) return 0;
  await executor.query(
    `DELETE FROM ${tables.name('task_attempts')} WHERE task_id IN ${selectTexts(tables.dialect)}`,
    [toBatch(deleted.map(({ id }) => [String(id)]))],
  );
  return deleted.length;
};
