import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type TraceEntry } from '../LedgerHistory';
import { readAttempts } from './AttemptRow';
import { firstDueAtOf, parseHistoryRow } from './HistoryRow';
import { type ListOptions, toListStatement } from './listStatement';

/** Reads tasks with their attempts. */
export const readTrace = async (
  executor: SqlExecutor,
  options: Omit<ListOptions, 'furtherColumns'>,
): Promise<readonly TraceEntry[]> => {
  const { text, values } = toListStatement({ ...options, furtherColumns: ['job'] });
  const rows = await executor.query(text, values);
  const found = rows.map((row) => ({ task: parseHistoryRow(row), firstDueAt: firstDueAtOf(row) }));
  const ids = found.map(({ task }) => task.id);
  const attempts = await readAttempts(executor, { ...options, ids });
  return found.map(({ task, firstDueAt }) => ({
    task,
    ...(firstDueAt === undefined ? {} : { firstDueAt }),
    attempts: attempts.get(task.id) ?? [],
  }));
};
