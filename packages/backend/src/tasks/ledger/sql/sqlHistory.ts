import { type LedgerHistory } from '../LedgerHistory';
import { readAttempts } from './AttemptRow';
import { toEntryFields } from './EntryRow';
import { HISTORY_COLUMNS, parseHistoryRow, toRelatedFields } from './HistoryRow';
import { type LedgerDatabase } from './LedgerDatabase';
import { toListStatement } from './listStatement';
import { parseEntryRows } from './parseEntryRows';
import { readTrace } from './readTrace';
import { sweepTasks } from './sweepTasks';

/** Creates the history of a ledger in SQL. It knows the tasks of its own queue prefix. */
export const createSqlHistory = ({ tables, queuePrefix, run }: LedgerDatabase): LedgerHistory => ({
  find: (id) =>
    run(async (database) => {
      const [row] = await database.query(
        `SELECT ${HISTORY_COLUMNS}, ${toRelatedFields(tables)} FROM ${tables.name('tasks')} AS task
         WHERE id = $1 AND queue_prefix = $2`,
        [id, queuePrefix],
      );
      return row === undefined ? undefined : parseHistoryRow(row);
    }),
  findEntry: (id) =>
    run(async (database) => {
      const rows = await database.query(
        `SELECT ${toEntryFields(tables)} FROM ${tables.name('tasks')} WHERE id = $1 AND queue_prefix = $2`,
        [id, queuePrefix],
      );
      return parseEntryRows(rows).tasks[0];
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
});
