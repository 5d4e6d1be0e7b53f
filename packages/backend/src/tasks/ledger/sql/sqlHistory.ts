import { type SqlExecutor, type SqlRow } from '@backend/database/SqlDatabase';
import { type TaskId } from '../../domain/TaskId';
import { type LedgerHistory } from '../LedgerHistory';
import { readAttempts } from './AttemptRow';
import { HISTORY_COLUMNS, KEPT_COLUMNS, parseHistoryRow, toRelatedFields } from './HistoryRow';
import { type LedgerDatabase } from './LedgerDatabase';
import { toListStatement } from './listStatement';
import { readEntryRow } from './parseEntryRows';
import { readTrace } from './readTrace';
import { sweepTasks } from './sweepTasks';

/** Creates the history of a ledger in SQL. It knows the tasks of its own queue prefix. */
export const createSqlHistory = ({ tables, queuePrefix, run }: LedgerDatabase): LedgerHistory => {
  const findRow = async (executor: SqlExecutor, columns: string, id: TaskId): Promise<SqlRow | undefined> => {
    const [row] = await executor.query(
      `SELECT ${columns}, ${toRelatedFields(tables)} FROM ${tables.name('tasks')} AS task
       WHERE id = $1 AND queue_prefix = $2`,
      [id, queuePrefix],
    );
    return row;
  };
  return {
    find: (id) =>
      run(async (database) => {
        const row = await findRow(database, HISTORY_COLUMNS, id);
        return row === undefined ? undefined : parseHistoryRow(row);
      }),
    findKept: (id) =>
      run(async (database) => {
        const row = await findRow(database, KEPT_COLUMNS, id);
        return row === undefined ? undefined : { record: parseHistoryRow(row), entry: readEntryRow(row) };
      }),
    list: (query) =>
      run(async (database) => {
        const { text, values } = toListStatement({ tables, queuePrefix, query });
        return (await database.query(text, values)).map(parseHistoryRow);
      }),
    trace: (correlationId, limit) =>
      run((database) =>
        readTrace(database, {
          tables,
          queuePrefix,
          query: { correlationId, limit, order: 'oldest-first' },
        }),
      ),
    listAttempts: (id) =>
      run(async (database) => {
        const attempts = await readAttempts(database, { tables, queuePrefix, ids: [id] });
        return attempts.get(id) ?? [];
      }),
    sweep: (rule) =>
      run((database) =>
        database.transaction((executor) => sweepTasks(executor, tables, { ...rule, queuePrefix })),
      ),
  };
};
