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
  absorption: Absorption,
): Promise<void> => {
  await giveEntry(executor, tables, absorption);
  const deleted = await executor.query(
    `DELETE FROM ${tables.name('tasks')} WHERE id = $1 AND ${NOT_BEGUN} RETURNING id`,
    [absorption.id],
  );
  if (deleted.length === 0) return;
  await executor.query(`DELETE FROM ${tables.name('task_attempts')} WHERE task_id = $1`, [absorption.id]);
};

/** As `absorbEntry`, but the later one is cancelled: somebody was handed its id. */
export const cancelAbsorbedEntry = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { id, byId, nowMs }: Absorption & { readonly nowMs: number },
): Promise<void> => {
  await giveEntry(executor, tables, { id, byId });
  await executor.query(
    `UPDATE ${tables.name('tasks')} SET
       status = 'cancelled', completed_at = $1, updated_at = $2, published_at = $3, claimed_until = NULL,
       cancel_reason = CASE WHEN schedule_id IS NULL THEN CAST($4 AS TEXT) ELSE CAST($5 AS TEXT) END
     WHERE id = $6 AND ${NOT_BEGUN}`,
    [nowMs, nowMs, nowMs, toReplacedReason(byId), toSkippedReason(byId), id],
  );
};

const toReplacedReason = (byId: TaskId): string =>
  `the task ${byId} stands for it: it waited under the same debounce key`;

const toSkippedReason = (byId: TaskId): string => `skipped: the run ${byId} of its schedule was unfinished`;

const giveEntry = async (
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
};
