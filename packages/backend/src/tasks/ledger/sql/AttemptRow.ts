import { type SqlExecutor, type SqlRow } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { type TaskAttempt } from '../LedgerHistory';
import { selectTexts, toBatch } from './batch';
import { parseError } from './HistoryRow';

interface AttemptsQuery {
  readonly tables: SqlTables;
  readonly queuePrefix: string;
  readonly ids: readonly TaskId[];
}

/** Reads the attempts of tasks, each in their order; none for a task that has none, or is another prefix's. */
export const readAttempts = async (
  executor: SqlExecutor,
  { tables, queuePrefix, ids }: AttemptsQuery,
): Promise<ReadonlyMap<TaskId, readonly TaskAttempt[]>> => {
  const rows = await executor.query(
    `SELECT task_id, number, started_at, ended_at, worker_id, outcome, error FROM ${tables.name('task_attempts')} AS attempt
     WHERE task_id IN ${selectTexts(tables.dialect)}
       AND EXISTS (SELECT 1 FROM ${tables.name('tasks')} AS task WHERE task.id = attempt.task_id AND task.queue_prefix = $2)
     ORDER BY task_id, number, started_at`,
    [toBatch(ids.map((id) => [id])), queuePrefix],
  );
  const attempts = new Map<TaskId, TaskAttempt[]>(ids.map((id) => [id, []]));
  for (const row of rows) attempts.get(String(row['task_id']) as TaskId)?.push(parseAttemptRow(row)); // one of `ids`
  return attempts;
};

const parseAttemptRow = (row: SqlRow): TaskAttempt => {
  const { worker_id: workerId, error } = row;
  return {
    number: Number(row['number']),
    // Of an attempt without a worker neither is known: its start is then the time at which it was noticed.
    ...(typeof workerId === 'string' ? { workerId, startedAt: new Date(Number(row['started_at'])) } : {}),
    endedAt: new Date(Number(row['ended_at'])),
    outcome: String(row['outcome']) as TaskAttempt['outcome'], // written by this folder
    ...(typeof error === 'string' ? { error: parseError(error) } : {}),
  };
};
