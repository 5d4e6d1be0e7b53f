import { type SqlDatabase } from '@backend/database/SqlDatabase';
import { TaskId } from '../../domain/TaskId';
import { type LedgerDatabase } from './LedgerDatabase';

/** Finds out whether a database takes writes, by writing. */
export interface WriteProbe {
  /** Something was written. */
  noteWritten(): void;
  /**
   * Writes something and takes it back, unless something was written a moment ago and nothing has failed since. Rejects with what
   * the database says.
   */
  check(database: SqlDatabase): Promise<void>;
}

interface WriteProbeOptions {
  /** A clock that never goes back; milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/** How long a database that took a write is taken to take the next one; milliseconds. */
const TRUST_MS = 10_000;

/** Characters; a row of several pages, for which a full file has no place that a small one would still find. */
const SIZE = 16_000;

/**
 * Creates a probe of one database. A statement that changes no row is refused by a database that may only be read, and taken by
 * one whose disk is full: only what is really written tells.
 */
export const createWriteProbe = (
  { tables, failureCount }: Pick<LedgerDatabase, 'tables' | 'failureCount'>,
  { now = () => performance.now() }: WriteProbeOptions = {},
): WriteProbe => {
  const table = tables.name('tasks');
  let trustedUntilMs = Number.NEGATIVE_INFINITY;
  let knownFailureCount = 0;
  const noteWritten = (): void => {
    trustedUntilMs = now() + TRUST_MS;
    knownFailureCount = failureCount();
  };
  return {
    noteWritten,
    check: async (database) => {
      if (now() < trustedUntilMs && failureCount() === knownFailureCount) return;
      const id = TaskId();
      await database.transaction(async (executor) => {
        await executor.query(
          `INSERT INTO ${table} (id, task_type, payload, status, priority, max_attempts, current_attempt,
             created_at, updated_at, queue_prefix, correlation_id, envelope, job, published_at)
           VALUES ($1, '', $2, 'completed', 0, 0, 0, 0, 0, '', '', '', '', 0)`,
          [id, ' '.repeat(SIZE)],
        );
        await executor.query(`DELETE FROM ${table} WHERE id = $1`, [id]);
      });
      noteWritten();
    },
  };
};
