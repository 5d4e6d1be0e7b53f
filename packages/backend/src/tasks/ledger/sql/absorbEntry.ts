import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';

/** What a call gives to the task that waits under its debounce key. */
const GIVEN = [
  ...['payload', 'priority', 'scheduled_at', 'created_by', 'metadata', 'correlation_id', 'parent_id'],
  ...['expires_at', 'envelope', 'job'],
];

const NOT_BEGUN = `status IN ('pending', 'scheduled') AND current_attempt = 0 AND started_at IS NULL`;

interface Absorption {
  readonly id: TaskId;
  readonly byId: TaskId;
}

/**
 * Gives a task that waits what a later one was scheduled with, and deletes the later one; to be called in a transaction. Of
 * several later ones the last counts: the time of the one that was absorbed is that of the last change. A run of a schedule
 * gives nothing: it was skipped.
 */
export const absorbEntry = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { id, byId }: Absorption,
): Promise<void> => {
  const table = tables.name('tasks');
  await executor.query(
    `UPDATE ${table} AS waiting SET updated_at = later.made_at, ${GIVEN.map((name) => `${name} = later.${name}`).join(', ')}
     FROM (SELECT created_at AS made_at, ${GIVEN.join(', ')} FROM ${table} WHERE id = $1 AND schedule_id IS NULL AND ${NOT_BEGUN}) AS later
     WHERE waiting.id = $2 AND waiting.updated_at <= later.made_at
       AND waiting.status IN ('pending', 'scheduled') AND waiting.current_attempt = 0`,
    [id, byId],
  );
  const deleted = await executor.query(`DELETE FROM ${table} WHERE id = $1 AND ${NOT_BEGUN} RETURNING id`, [
    id,
  ]);
  if (deleted.length === 0) return;
  await executor.query(`DELETE FROM ${tables.name('task_attempts')} WHERE task_id = $1`, [id]);
};
