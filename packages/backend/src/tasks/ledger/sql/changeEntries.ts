import { type SqlDatabase, type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { type BatchColumn, type Cell, selectBatch, toBatch } from './batch';
import { onlyFree } from './freeTasks';

/** A change of single tasks. `Name` are the columns of its rows, `task_id` among them. */
export interface EntryChange<Name extends string> {
  /** In the order in which the statement for one row uses them first: SQLite counts so. */
  readonly columns: readonly (BatchColumn & { readonly name: Name })[];
  /** An UPDATE of the tasks `AS task`, without its condition. */
  toUpdate(tables: SqlTables, toCell: (name: Name) => string): string;
  /** The tasks that are to be changed; once one is, it is not any more. */
  toCondition(toCell: (name: Name) => string): string;
}

/** The change of one task in cells. */
export interface ChangeRow {
  readonly id: TaskId;
  /** In the order of the columns. */
  readonly cells: readonly Cell[];
  /** Whether it may change what others of the same task may not. Default: false. */
  readonly isStronger?: boolean;
}

/** What writing a change came to; `held`: nothing, because somebody else is writing its task. */
export type WrittenChange =
  | { readonly kind: 'written'; readonly isChanged: boolean }
  | { readonly kind: 'held' };

interface Changes<Name extends string> {
  readonly change: EntryChange<Name>;
  readonly rows: readonly ChangeRow[];
}

/** Changes those tasks that are to be, durably. One answer for each row, in their order. */
export const changeEntries = <Name extends string>(
  database: SqlDatabase,
  tables: SqlTables,
  changes: Changes<Name>,
): Promise<readonly WrittenChange[]> =>
  database.dialect === 'sqlite'
    ? changeEach(database, tables, changes)
    : changeTogether(database, tables, changes);

/** On SQLite each by itself, in one transaction: nobody else writes meanwhile. */
const changeEach = async <Name extends string>(
  database: SqlDatabase,
  tables: SqlTables,
  { change, rows }: Changes<Name>,
): Promise<readonly WrittenChange[]> => {
  const toCell = (name: Name): string => `$${change.columns.findIndex((column) => column.name === name) + 1}`;
  const counts = await database.transaction((transaction) =>
    transaction.runEach(
      `${change.toUpdate(tables, toCell)} WHERE ${change.toCondition(toCell)}`,
      rows.map(({ cells }) => cells),
    ),
  );
  return counts.map((count) => ({ kind: 'written', isChanged: count > 0 }));
};

/** On Postgres one statement writes all. None waits for a task that somebody else is writing: that one is `held`. */
const changeTogether = async <Name extends string>(
  executor: SqlExecutor,
  tables: SqlTables,
  { change, rows }: Changes<Name>,
): Promise<readonly WrittenChange[]> => {
  const chosen = chooseRows(rows);
  const changed = await changeFree(executor, tables, { change, rows: [...chosen.values()] });
  const others = [...chosen.values()].filter(({ id }) => !changed.has(id));
  const held = others.length === 0 ? new Set() : await listHeld(executor, tables, { change, rows: others });
  return rows.map((row) =>
    held.has(row.id)
      ? { kind: 'held' }
      : { kind: 'written', isChanged: chosen.get(row.id) === row && changed.has(row.id) },
  );
};

/** Of several rows of one task any one would count in one statement: the first does, or the first that may change more. */
const chooseRows = (rows: readonly ChangeRow[]): ReadonlyMap<TaskId, ChangeRow> => {
  const chosen = new Map<TaskId, ChangeRow>();
  for (const row of rows) {
    const before = chosen.get(row.id);
    if (before === undefined || (row.isStronger === true && before.isStronger !== true))
      chosen.set(row.id, row);
  }
  return chosen;
};

const inBatch = (name: string): string => `batch.${name}`;

const changeFree = async <Name extends string>(
  executor: SqlExecutor,
  tables: SqlTables,
  { change, rows }: Changes<Name>,
): Promise<ReadonlySet<unknown>> => {
  const free = onlyFree(tables);
  const changed = await executor.query(
    `WITH batch AS (${selectBatch(tables.dialect, change.columns)})${free.table}
     ${change.toUpdate(tables, inBatch)} FROM ${free.source} WHERE ${change.toCondition(inBatch)} RETURNING task.id`,
    [toBatch(rows.map(({ cells }) => cells))],
  );
  return new Set(changed.map(({ id }) => id));
};

/** Of those that were not changed, those that are to be. */
const listHeld = async <Name extends string>(
  executor: SqlExecutor,
  tables: SqlTables,
  { change, rows }: Changes<Name>,
): Promise<ReadonlySet<unknown>> => {
  const held = await executor.query(
    `WITH batch AS (${selectBatch(tables.dialect, change.columns)})
     SELECT task.id FROM ${tables.name('tasks')} AS task JOIN batch ON ${change.toCondition(inBatch)}`,
    [toBatch(rows.map(({ cells }) => cells))],
  );
  return new Set(held.map(({ id }) => id));
};
