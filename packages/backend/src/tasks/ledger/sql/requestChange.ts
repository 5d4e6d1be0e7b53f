import { type TaskId } from '../../domain/TaskId';
import { type EntryCancellation } from '../LedgerWriter';
import { toColumns, toStorableText } from './batch';
import { type ChangeRow, type EntryChange } from './changeEntries';

type Column = 'requested_at' | 'cancel_reason' | 'task_id' | 'queue_prefix';

/**
 * Notes that tasks which run are to stop, unless somebody wanted that before. Nothing has happened to them by that: their
 * workers may be dead, and are not to be waited for any longer.
 */
export const requestChange: EntryChange<Column> = {
  columns: toColumns(['requested_at', 'cancel_reason', 'task_id', 'queue_prefix']),
  toUpdate: (tables, toCell) =>
    `UPDATE ${tables.name('tasks')} AS task SET
       cancel_requested_at = ${toCell('requested_at')}, cancel_reason = ${toCell('cancel_reason')}`,
  toCondition: (toCell) =>
    `task.id = ${toCell('task_id')} AND task.queue_prefix = ${toCell('queue_prefix')}
       AND task.status = 'running' AND task.cancel_requested_at IS NULL`,
};

/** Makes cells of a request. */
export const toRequestRow = (
  id: TaskId,
  queuePrefix: string,
  { reason, nowMs }: Pick<EntryCancellation, 'reason' | 'nowMs'>,
): ChangeRow => ({
  id,
  cells: [nowMs, reason === undefined ? null : toStorableText(reason), id, queuePrefix],
});
