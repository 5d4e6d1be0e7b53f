import { type SqlRow } from '@backend/database/SqlDatabase';
import { Result } from 'neverthrow';
import { type TaskId } from '../../domain/TaskId';
import { type UnpublishedTask, type UnpublishedTasks, type UnreadableTask } from '../LedgerOutbox';
import { parseEntryRow } from './EntryRow';

const parse = Result.fromThrowable(parseEntryRow, (thrown) =>
  thrown instanceof Error ? thrown.message : String(thrown),
);

/** Reads a row of `toEntryFields`, which another program may have written. */
export const readEntryRow = (row: SqlRow): Result<UnpublishedTask, UnreadableTask> =>
  parse(row).mapErr((message) => toUnreadable(row, message));

/** Reads rows of `toEntryFields`, each by itself: one that another program wrote must not stand in the way of the others. */
export const parseEntryRows = (rows: readonly SqlRow[]): UnpublishedTasks => {
  const tasks: UnpublishedTask[] = [];
  const unreadable: UnreadableTask[] = [];
  for (const row of rows) {
    const task = readEntryRow(row);
    if (task.isOk()) tasks.push(task.value);
    else unreadable.push(task.error);
  }
  return { tasks, unreadable };
};

const toUnreadable = ({ id, task_type: taskName }: SqlRow, message: string): UnreadableTask => ({
  id: String(id) as TaskId, // whatever it is, it names the row
  taskName: String(taskName),
  problem: `expected the columns envelope, payload and job of its row to be what Drover writes there: ${message}`,
});
