import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { UNFINISHED } from './statuses';

/**
 * Opens a failed task again, of which no attempt counts any more, nor a crash: `reopened_at` is the line. Its unique tag may be another task's by now: then it has
 * none.
 *
 * @param nowMs Milliseconds since 1970.
 */
export const reopenEntry = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { id, nowMs }: { readonly id: TaskId; readonly nowMs: number },
): Promise<void> => {
  await executor.query(
    `UPDATE ${tables.name('tasks')} AS task SET
       status = 'pending', current_attempt = 0, completed_at = NULL, updated_at = $1, reopened_at = $2,
       unique_tag = CASE WHEN EXISTS (
         SELECT 1 FROM ${tables.name('tasks')} AS other
         WHERE other.queue_prefix = task.queue_prefix AND other.task_type = task.task_type
           AND other.unique_tag = task.unique_tag AND other.status IN ${UNFINISHED}
       ) THEN NULL ELSE unique_tag END
     WHERE id = $3 AND status = 'failed'`,
    [nowMs, nowMs, id],
  );
};
