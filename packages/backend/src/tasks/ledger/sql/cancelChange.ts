import { type TaskId } from '../../domain/TaskId';
import { type EntryCancellation } from '../LedgerWriter';
import { toColumns, toStorableText } from './batch';
import { type ChangeRow, type EntryChange } from './changeEntries';
import { UNFINISHED } from './statuses';

type Column = 'cancel_reason' | 'cancelled_at' | 'task_id' | 'queue_prefix' | 'is_idle';

/** Cancels tasks that neither run nor have ended; one that is said to be idle does not run, whatever is known. */
export const cancelChange: EntryChange<Column> = {
  columns: toColumns(['cancel_reason', 'cancelled_at', 'task_id', 'queue_prefix', 'is_idle'], ['is_idle']),
  toUpdate: (tables, toCell) =>
    `UPDATE ${tables.name('tasks')} AS task SET
       status = 'cancelled', cancel_reason = ${toCell('cancel_reason')},
       completed_at = ${toCell('cancelled_at')}, updated_at = ${toCell('cancelled_at')},
       published_at = COALESCE(task.published_at, ${toCell('cancelled_at')})`,
  toCondition: (toCell) =>
    `task.id = ${toCell('task_id')} AND task.queue_prefix = ${toCell('queue_prefix')}
       AND task.status IN ${UNFINISHED} AND (task.status <> 'running' OR ${toCell('is_idle')} = 1)`,
};

/** Makes cells of a cancellation. */
export const toCancelRow = (
  id: TaskId,
  queuePrefix: string,
  { reason, nowMs, isIdle = false }: EntryCancellation,
): ChangeRow => ({
  id,
  cells: [reason === undefined ? null : toStorableText(reason), nowMs, id, queuePrefix, isIdle ? 1 : 0],
  isStronger: isIdle,
});
