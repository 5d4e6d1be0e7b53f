import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { type EntryCancellation } from '../LedgerWriter';
import { toStorableText } from './batch';
import { UNFINISHED } from './statuses';

interface Cancelled extends EntryCancellation {
  readonly id: TaskId;
  readonly queuePrefix: string;
}

/** Cancels a task that neither runs nor has ended; false when there is none. */
export const cancelEntry = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { id, queuePrefix, reason, nowMs, isIdle = false }: Cancelled,
): Promise<boolean> => {
  const cancelled = await executor.query(
    `UPDATE ${tables.name('tasks')} SET
       status = 'cancelled', cancel_reason = $1, completed_at = $2, updated_at = $3,
       published_at = COALESCE(published_at, $4)
     WHERE id = $5 AND queue_prefix = $6
       AND ${isIdle ? `status IN ${UNFINISHED}` : "status IN ('pending', 'scheduled', 'retrying')"} RETURNING id`,
    [reason === undefined ? null : toStorableText(reason), nowMs, nowMs, nowMs, id, queuePrefix],
  );
  return cancelled.length > 0;
};
