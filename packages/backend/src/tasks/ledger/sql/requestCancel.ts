import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { type EntryCancellation } from '../LedgerWriter';
import { toStorableText } from './batch';

interface Requested extends Pick<EntryCancellation, 'reason' | 'nowMs'> {
  readonly id: TaskId;
  readonly queuePrefix: string;
}

/**
 * Notes that a task which runs is to stop; false when it does not run, or somebody wanted that before. Nothing has happened to the
 * task by that: its worker may be dead, and is not to be waited for any longer.
 */
export const requestCancel = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { id, queuePrefix, reason, nowMs }: Requested,
): Promise<boolean> => {
  const requested = await executor.query(
    `UPDATE ${tables.name('tasks')} SET cancel_requested_at = $1, cancel_reason = $2
     WHERE id = $3 AND queue_prefix = $4 AND status = 'running' AND cancel_requested_at IS NULL RETURNING id`,
    [nowMs, reason === undefined ? null : toStorableText(reason), id, queuePrefix],
  );
  return requested.length > 0;
};
