import { type SqlDatabase, type SqlDialect, type SqlValue } from '@backend/database/SqlDatabase';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { type TaskId } from '../../domain/TaskId';
import { isTerminalStatus } from '../../domain/TaskStatus';
import { type LedgerEntry } from '../LedgerEntry';
import { type LedgerDatabase } from '../sql/LedgerDatabase';
import { createSqlWriter } from '../sql/sqlWriter';
import { createLedgerBench, type LedgerBench, sampleEnd, sampleEntry } from './LedgerBench';

/** A ledger with many tasks, of which a test sees how the database goes about a statement. */
export interface PlanBench extends AsyncDisposable {
  readonly ledgerDatabase: LedgerDatabase;
  /** Plans of the statements that some work runs, as the database prints them. */
  plansOf(work: (ledgerDatabase: LedgerDatabase) => Promise<unknown>): Promise<readonly string[]>;
}

type Statement = readonly [text: string, values: readonly SqlValue[]];

/** Enough for a planner to see that reading all of them takes longer than an index. */
const TASK_COUNT = 8000;

const toUuid = (count: number): string =>
  `00000000-0000-4000-8000-${String(Math.floor(count)).padStart(12, '0')}`;

/** What some of the tasks are found by. */
export const KNOWN = {
  taskName: 'emails:send7',
  userId: UserId(toUuid(7)),
  correlationId: CorrelationId(toUuid(7)),
  parentId: toUuid(7) as TaskId,
  scheduleId: 'schedule-7',
} as const;

/** Sets up a bench. Most of its tasks are completed, few have failed, were cancelled, wait or run. */
export const createPlanBench = async (dialect: SqlDialect): Promise<PlanBench> => {
  const bench = await createLedgerBench(dialect);
  const entries = Array.from({ length: TASK_COUNT }, toEntry);
  await fill(bench, entries);
  return {
    ledgerDatabase: bench.ledgerDatabase,
    plansOf: async (work) => {
      const statements: Statement[] = [];
      const { ledgerDatabase } = bench;
      await work({
        ...ledgerDatabase,
        run: (act) => ledgerDatabase.run((database) => act(toRecorder(database, statements))),
      });
      return explain(bench, statements);
    },
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
};

const explain = (
  { database, dialect }: LedgerBench,
  statements: readonly Statement[],
): Promise<readonly string[]> =>
  database.transaction(async (transaction) => {
    // Postgres reads a table that is as small as here as a whole, when it can.
    if (dialect === 'postgres') await transaction.query('SET LOCAL enable_seqscan = off');
    const plans: string[] = [];
    for (const [text, values] of statements) {
      const word = dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
      const rows = await transaction.query(`${word} ${text}`, values);
      plans.push(rows.map((row) => String(row['detail'] ?? row['QUERY PLAN'])).join('\n'));
    }
    return plans;
  });

/** Names have 200 tasks, schedules 40, users 10, correlation IDs and parents 4. */
const toEntry = (_task: unknown, index: number): LedgerEntry =>
  sampleEntry(
    { taskName: `emails:send${index % 40}` },
    {
      userId: UserId(toUuid(index / 10)),
      correlationId: CorrelationId(toUuid(index / 4)),
      parentId: toUuid(index / 4) as TaskId,
      scheduleId: `schedule-${index % 200}`,
    },
  );

/** Of a hundred tasks, one each; the others are completed. */
const STATUSES = ['failed', 'cancelled', 'running', 'pending'] as const;

const fill = async (
  { database, tables, ledgerDatabase, dialect }: LedgerBench,
  entries: readonly LedgerEntry[],
): Promise<void> => {
  const writer = createSqlWriter(ledgerDatabase);
  await Promise.all(entries.map((entry) => writer.insert(entry)));
  await Promise.all(entries.map(({ id }) => writer.end(sampleEnd(id))));
  for (const [place, status] of STATUSES.entries()) {
    const ids = entries.filter((_entry, index) => index % 100 === place).map(({ id }) => `'${id}'`);
    const endedAt = isTerminalStatus(status) ? 'completed_at' : 'NULL';
    await database.query(
      `UPDATE ${tables.name('tasks')} SET status = '${status}', completed_at = ${endedAt},
         published_at = ${status === 'pending' ? 'NULL' : 'published_at'} WHERE id IN (${ids.join(', ')})`,
    );
  }
  if (dialect === 'sqlite') return; // works without statistics, as in production
  for (const table of ['tasks', 'task_attempts']) await database.query(`ANALYZE ${tables.name(table)}`);
};

const toRecorder = (database: SqlDatabase, statements: Statement[]): SqlDatabase => {
  const toQuery =
    (query: SqlDatabase['query']): SqlDatabase['query'] =>
    (text, values = []) => {
      statements.push([text, values]);
      return query(text, values);
    };
  return {
    ...database,
    query: toQuery(database.query),
    transaction: (work) =>
      database.transaction((transaction) =>
        work({
          ...transaction,
          query: toQuery(transaction.query),
          runEach: (text, rows) => {
            statements.push(...rows.map((values): Statement => [text, values]));
            return transaction.runEach(text, rows);
          },
        }),
      ),
  };
};
