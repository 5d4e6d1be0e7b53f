import { type SqlDatabase, type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { type EntryCancellation } from '../LedgerWriter';
import { type Cell, selectBatch, toBatch, toColumns, toStorableText } from './batch';
import { onlyFree } from './freeTasks';
import { UNFINISHED } from './statuses';

/** What is written of a cancelled task, in the order in which the statement for one uses it first: SQLite counts so. */
const COLUMNS = toColumns(
  ['cancel_reason', 'cancelled_at', 'task_id', 'queue_prefix', 'is_idle'],
  ['is_idle'],
);

type Column = (typeof COLUMNS)[number]['name'];

/** The cancellation of one task in cells. */
export interface CancelRow {
  readonly id: TaskId;
  /** In the order of `COLUMNS`. */
  readonly cells: readonly Cell[];
}

/** What writing a cancellation came to; `held`: nothing, because somebody else is writing its task. */
export type WrittenCancellation =
  | { readonly kind: 'written'; readonly isCancelled: boolean }
  | { readonly kind: 'held' };

/** Makes cells of a cancellation. */
export const toCancelRow = (
  id: TaskId,
  queuePrefix: string,
  { reason, nowMs, isIdle = false }: EntryCancellation,
): CancelRow => ({
  id,
  cells: [reason === undefined ? null : toStorableText(reason), nowMs, id, queuePrefix, isIdle ? 1 : 0],
});

/** Cancels tasks that neither run nor have ended, durably. One answer for each, in their order. */
export const cancelEntries = (
  database: SqlDatabase,
  tables: SqlTables,
  rows: readonly CancelRow[],
): Promise<readonly WrittenCancellation[]> =>
  database.dialect === 'sqlite' ? cancelEach(database, tables, rows) : cancelTogether(database, tables, rows);

/** On SQLite each by itself, in one transaction: nobody else writes meanwhile. */
const cancelEach = async (
  database: SqlDatabase,
  tables: SqlTables,
  rows: readonly CancelRow[],
): Promise<readonly WrittenCancellation[]> => {
  const toCell = (name: Column): string => `$${COLUMNS.findIndex((column) => column.name === name) + 1}`;
  const counts = await database.transaction((transaction) =>
    transaction.runEach(
      `${toUpdate(tables, toCell)} WHERE ${toCondition(toCell)}`,
      rows.map(({ cells }) => cells),
    ),
  );
  return counts.map((count) => ({ kind: 'written', isCancelled: count > 0 }));
};

/**
 * On Postgres one statement writes all. None waits for a task that somebody else is writing: that one is `held`. Of several
 * cancellations of one task the first has cancelled it.
 */
const cancelTogether = async (
  executor: SqlExecutor,
  tables: SqlTables,
  rows: readonly CancelRow[],
): Promise<readonly WrittenCancellation[]> => {
  const cancelled = await cancelFree(executor, tables, rows);
  const others = rows.filter(({ id }) => !cancelled.has(id));
  const held = others.length === 0 ? new Set() : await listHeld(executor, tables, others);
  const told = new Set<TaskId>();
  return rows.map(({ id }): WrittenCancellation => {
    if (held.has(id)) return { kind: 'held' };
    const isCancelled = cancelled.has(id) && !told.has(id);
    told.add(id);
    return { kind: 'written', isCancelled };
  });
};

const inBatch = (name: Column): string => `batch.${name}`;

const cancelFree = async (
  executor: SqlExecutor,
  tables: SqlTables,
  rows: readonly CancelRow[],
): Promise<ReadonlySet<unknown>> => {
  const free = onlyFree(tables);
  const cancelled = await executor.query(
    `WITH batch AS (${selectBatch(tables.dialect, COLUMNS)})${free.table}
     ${toUpdate(tables, inBatch)} FROM ${free.source} WHERE ${toCondition(inBatch)} RETURNING task.id`,
    [toBatch(rows.map(({ cells }) => cells))],
  );
  return new Set(cancelled.map(({ id }) => id));
};

/** Of those that were not cancelled, those that are to be. */
const listHeld = async (
  executor: SqlExecutor,
  tables: SqlTables,
  rows: readonly CancelRow[],
): Promise<ReadonlySet<unknown>> => {
  const held = await executor.query(
    `WITH batch AS (${selectBatch(tables.dialect, COLUMNS)})
     SELECT task.id FROM ${tables.name('tasks')} AS task JOIN batch ON ${toCondition(inBatch)}`,
    [toBatch(rows.map(({ cells }) => cells))],
  );
  return new Set(held.map(({ id }) => id));
};

const toUpdate = (tables: SqlTables, toCell: (name: Column) => string): string =>
  `UPDATE ${tables.name('tasks')} AS task SET
     status = 'cancelled', cancel_reason = ${toCell('cancel_reason')},
     completed_at = ${toCell('cancelled_at')}, updated_at = ${toCell('cancelled_at')},
     published_at = COALESCE(task.published_at, ${toCell('cancelled_at')})`;

const toCondition = (toCell: (name: Column) => string): string =>
  `task.id = ${toCell('task_id')} AND task.queue_prefix = ${toCell('queue_prefix')}
     AND task.status IN ${UNFINISHED} AND (task.status <> 'running' OR ${toCell('is_idle')} = 1)`;
