import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type CompletedAttempt, type CompletionAnswer } from '../LedgerWriter';
import { toBatch, toStorableText } from './batch';
import { checkAnswers } from './checkAnswers';
import { toEndRow } from './EndRow';
import { toOpenAttemptInsert, toUpdate, toUpdateWithAttempts } from './endStatements';
import { ALL } from './freeTasks';

/** Writes that a task is completed, and its attempt, in a transaction of the caller's. Throws for a value that JSON cannot carry. */
export const completeAttempt = async (
  executor: SqlExecutor,
  tables: SqlTables,
  completed: CompletedAttempt,
): Promise<CompletionAnswer> =>
  (await isWritten(executor, tables, completed)) ? 'completed' : whyNot(executor, tables, completed);

/**
 * What makes the task a completed one comes last, or is all there is: a transaction that is over before, because nobody waited,
 * must not have it while its caller is told that it has not.
 */
const isWritten = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { value, ...attempt }: CompletedAttempt,
): Promise<boolean> => {
  const row = toEndRow({ ...attempt, hasBegun: true, outcome: { kind: 'completed', value } });
  const end = toBatch([row.cells]);
  const kept = toBatch(row.attempt === undefined ? [] : [row.attempt.kept]);
  if (tables.dialect === 'postgres')
    return (await executor.query(toUpdateWithAttempts(tables, ALL), [end, kept])).length > 0;
  await executor.query(toOpenAttemptInsert(tables), [kept]);
  return (await executor.query(toUpdate(tables, ALL), [end])).length > 0;
};

const whyNot = async (
  executor: SqlExecutor,
  tables: SqlTables,
  { id, workerId, startedAtMs }: CompletedAttempt,
): Promise<CompletionAnswer> => {
  const [row] = await executor.query(
    `SELECT status, worker_id, started_at FROM ${tables.name('tasks')} WHERE id = $1`,
    [id],
  );
  if (row === undefined) {
    await checkAnswers(executor);
    return 'absent';
  }
  const isOwn = row['worker_id'] === toStorableText(workerId) && Number(row['started_at']) === startedAtMs;
  return isOwn && row['status'] === 'completed' ? 'completed-before' : 'ended';
};
