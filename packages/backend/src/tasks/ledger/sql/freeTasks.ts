import { type SqlTables } from '@backend/database/SqlTables';

/** Parts of an UPDATE of the tasks of a batch. */
export interface FreeTasks {
  /** Behind the table `batch` of its `WITH`. */
  readonly table: string;
  /** Behind its `FROM batch`. */
  readonly join: string;
}

/**
 * Leaves those tasks of a batch out that somebody else is writing: one whose handler completes it in a transaction that is still
 * open must not let the others of its batch wait. On SQLite the whole file has one writer.
 */
export const onlyFree = ({ dialect, name }: SqlTables): FreeTasks =>
  dialect === 'postgres'
    ? {
        table: `, free AS (SELECT id AS free_id FROM ${name('tasks')} WHERE id IN (SELECT task_id FROM batch) FOR NO KEY UPDATE SKIP LOCKED)`,
        join: 'JOIN free ON free.free_id = batch.task_id',
      }
    : ALL;

/** Leaves none out, and waits for who is writing one. */
export const ALL: FreeTasks = { table: '', join: '' };
