import { type SqlTables } from '@backend/database/SqlTables';
import { selectBatch } from './batch';
import { ATTEMPT_COLUMNS, END_COLUMNS } from './EndRow';
import { type FreeTasks } from './freeTasks';
import { UNFINISHED } from './statuses';

type EndColumn = (typeof END_COLUMNS)[number]['name'];

/** Where the cells of an end come from. */
interface EndSource {
  /** What stands for a cell. */
  cell(name: EndColumn): string;
  /** The clause that brings them in. */
  readonly from: string;
}

const inBatch = (name: EndColumn): string => `batch.${name}`;

const ofBatch = (source: string): EndSource => ({ cell: inBatch, from: `FROM ${source}` });

const END_NAMES = END_COLUMNS.map(({ name }) => name);

const OF_ROW: EndSource = { cell: (name) => `$${END_NAMES.indexOf(name) + 1}`, from: '' };

/**
 * The end of a task counts whoever tells it. That of an attempt which is to be followed by another counts only if none has followed:
 * told late, it would put a task back that somebody else has taken over.
 */
const toCondition = (cell: EndSource['cell']): string =>
  `task.id = ${cell('task_id')} AND task.status IN ${UNFINISHED}
     AND (${cell('completed_at')} IS NOT NULL OR task.current_attempt <= ${cell('attempt')})`;

/**
 * What a task is after an attempt: one that somebody wants to stop is tried no more, and is no dead letter either. Work that is
 * done is done.
 */
const toCancelled = (cell: EndSource['cell'], cancelled: string, otherwise: string): string =>
  `CASE WHEN task.cancel_requested_at IS NOT NULL AND ${cell('status')} <> 'completed' THEN ${cancelled} ELSE ${otherwise} END`;

/** Of which tasks an end is written, and what becomes of them by it. */
interface EndRule {
  readonly condition: string;
  readonly status: string;
  readonly completedAt: string;
}

/** Makes a task what the attempt came to, unless somebody wants it to stop: then the end counts for something else. */
const toPlainRule = (cell: EndSource['cell']): EndRule => ({
  condition: `${toCondition(cell)}
     AND (task.cancel_requested_at IS NULL OR ${cell('status')} IN ('completed', 'cancelled'))`,
  status: cell('status'),
  completedAt: cell('completed_at'),
});

/** Makes a task cancelled that somebody wants to stop. */
const toHeedingRule = (cell: EndSource['cell']): EndRule => ({
  condition: toCondition(cell),
  status: toCancelled(cell, "'cancelled'", cell('status')),
  completedAt: toCancelled(cell, cell('ended_at'), cell('completed_at')),
});

/** Writes what became of attempts. */
const toTaskUpdate = (
  tables: SqlTables,
  { cell, from }: EndSource,
  toRule: (cell: EndSource['cell']) => EndRule,
): string => {
  const { condition, status, completedAt } = toRule(cell);
  return `UPDATE ${tables.name('tasks')} AS task SET
     status = ${status},
     current_attempt = ${cell('current_attempt')},
     scheduled_at = COALESCE(${cell('due_at')}, task.scheduled_at),
     worker_id = ${cell('worker_id')},
     started_at = ${cell('started_at')},
     updated_at = ${cell('ended_at')},
     completed_at = ${completedAt},
     result = ${cell('result')},
     last_error = COALESCE(${cell('last_error')}, task.last_error),
     error = COALESCE(${cell('error')}, task.error),
     cancel_reason = COALESCE(task.cancel_reason, ${cell('cancel_reason')}),
     published_at = COALESCE(task.published_at, ${cell('ended_at')})
   ${from}
   WHERE ${condition}`;
};

/** One end, its cells as values, unless it makes a cancelled task of one that somebody wants to stop. */
export const toRowUpdate = (tables: SqlTables): string => toTaskUpdate(tables, OF_ROW, toPlainRule);

/** A batch of ends, of different tasks; answers of the tasks that were changed what they are by now. */
export const toUpdate = (tables: SqlTables, { table, source }: FreeTasks): string =>
  `WITH batch AS (${selectBatch(tables.dialect, END_COLUMNS)})${table}
   ${toTaskUpdate(tables, ofBatch(source), toHeedingRule)} RETURNING ${toChanged(tables)}`;

/** What a task is by now. The batch has columns of the same names; SQLite returns those of the task alone, and knows no name of it there. */
const toChanged = ({ dialect }: SqlTables): string =>
  dialect === 'postgres' ? 'task.id, task.status, task.cancel_reason' : 'id, status, cancel_reason';

/** Of ends that were not written, those that are to be. */
export const toHeldQuery = (tables: SqlTables): string =>
  `WITH batch AS (${selectBatch(tables.dialect, END_COLUMNS)})
   SELECT task.id FROM ${tables.name('tasks')} AS task JOIN batch ON ${toCondition(inBatch)}`;

const ATTEMPT_NAMES = ATTEMPT_COLUMNS.map(({ name }) => name).join(', ');

/** Inserts attempts. One that was told before stays as it is, unless its worker was taken for dead and had only lost the task's lock. */
const toInsert = (tables: SqlTables, source: string): string =>
  `INSERT INTO ${tables.name('task_attempts')} AS known (${ATTEMPT_NAMES}) ${source}
   ON CONFLICT (task_id, number, started_at) DO UPDATE SET
     ended_at = excluded.ended_at, worker_id = excluded.worker_id, outcome = excluded.outcome, error = excluded.error
   WHERE known.outcome = 'crashed'`;

/** One attempt, its cells as values. */
export const toRowAttemptInsert = (tables: SqlTables): string =>
  toInsert(tables, `VALUES (${ATTEMPT_COLUMNS.map((_, index) => `$${index + 1}`).join(', ')})`);

/** A batch of attempts. SQLite needs the `WHERE`. */
export const toAttemptInsert = (tables: SqlTables): string =>
  toInsert(tables, `SELECT * FROM (${selectBatch(tables.dialect, ATTEMPT_COLUMNS)}) AS batch WHERE true`);

/**
 * A batch of attempts of which the tasks had ended already. One of the same number, of the same worker and at the same time is
 * the very attempt, told twice: by its worker, and by its queue, which has its times a little differently.
 */
export const toDiscardedInsert = (tables: SqlTables): string =>
  toInsert(
    tables,
    `SELECT * FROM (${selectBatch(tables.dialect, ATTEMPT_COLUMNS)}) AS batch WHERE NOT EXISTS (
       SELECT 1 FROM ${tables.name('task_attempts')} AS told
       WHERE told.task_id = batch.task_id AND told.number = batch.number AND told.worker_id = batch.worker_id
         AND told.started_at <= batch.ended_at AND told.ended_at >= batch.started_at AND told.outcome <> 'crashed')`,
  );

/** A batch of attempts, those of which the tasks have not ended. */
export const toOpenAttemptInsert = (tables: SqlTables): string =>
  toInsert(
    tables,
    `SELECT * FROM (${selectBatch(tables.dialect, ATTEMPT_COLUMNS)}) AS batch
     WHERE EXISTS (SELECT 1 FROM ${tables.name('tasks')} AS task WHERE task.id = batch.task_id AND task.status IN ${UNFINISHED})`,
  );

/**
 * A batch of ends as those of `toRowUpdate`, and the attempts of the tasks that were changed: Postgres alone lets one statement
 * write to two tables. Answers the ids of those tasks.
 */
export const toUpdateWithAttempts = (tables: SqlTables, free: FreeTasks): string => {
  const insert = toInsert(
    tables,
    `SELECT ${ATTEMPT_NAMES} FROM attempt WHERE task_id IN (SELECT id FROM changed)`,
  );
  return `WITH batch AS (${selectBatch(tables.dialect, END_COLUMNS)})${free.table},
   attempt AS (${selectBatch(tables.dialect, ATTEMPT_COLUMNS, '$2')}),
   changed AS (${toTaskUpdate(tables, ofBatch(free.source), toPlainRule)} RETURNING id),
   kept AS (${insert})
   SELECT id FROM changed`;
};
