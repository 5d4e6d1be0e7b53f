import { type SqlTables } from '@backend/database/SqlTables';

/** Parts of an UPDATE of the tasks of a batch. */
export interface FreeTasks {
  /** Behind the table `batch` of its `WITH`. */
  readonly table: string;
  /** What it updates from, called `batch`. */
  readonly source: string;
}

/**
 * Leaves those tasks of a batch out that somebody else is writing: one whose handler completes it in a transaction that is still
 * open must not let the others of its batch wait. On SQLite the whole file has one writer.
 */
export const onlyFree = ({ dialect, name }: SqlTables): FreeTasks =>
  dialect === 'postgres'
    ? {
        table: `, free AS (SELECT batch.* FROM batch JOIN ${name('tasks')} AS own ON own.id = batch.task_id FOR NO KEY UPDATE OF own SKIP LOCKED)`,
        source: 'free AS batch',
      }
    : ALL;

/** Leaves none out, and waits for who is writing one. */
export const ALL: FreeTasks = { table: '', source: 'batch' };
