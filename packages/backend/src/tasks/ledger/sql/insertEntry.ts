import { type SqlDatabase, type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { type LedgerEntry, type LedgerKey } from '../LedgerEntry';
import { LedgerError } from '../LedgerError';
import { type LedgerInsert } from '../LedgerWriter';
import { type Cell, selectBatch, toBatch, toStorableKey } from './batch';
import { checkAnswers, toUnanswered } from './checkAnswers';
import { ENTRY_COLUMNS, toEntryCells, toMs } from './EntryRow';
import { UNFINISHED } from './statuses';

const names = ENTRY_COLUMNS.map(({ name }) => name).join(', ');

/** Inserts a batch; what stands against a row, its id or its key, leaves it out. SQLite needs the `WHERE`. */
const toInsert = (tables: SqlTables): string =>
  `INSERT INTO ${tables.name('tasks')} (${names})
   SELECT * FROM (${selectBatch(tables.dialect, ENTRY_COLUMNS)}) AS batch WHERE true
   ON CONFLICT DO NOTHING RETURNING id`;

const toRowInsert = (tables: SqlTables): string =>
  `INSERT INTO ${tables.name('tasks')} (${names})
   VALUES (${ENTRY_COLUMNS.map((_, index) => `$${index + 1}`).join(', ')}) ON CONFLICT DO NOTHING`;

/** Inserts rows without keys; one that is there already was written by the same call before. */
export const insertRows = async (
  database: SqlDatabase,
  tables: SqlTables,
  rows: readonly (readonly Cell[])[],
): Promise<void> => {
  if (database.dialect === 'sqlite')
    await database.transaction((transaction) => transaction.runEach(toRowInsert(tables), rows));
  else await database.query(toInsert(tables), [toBatch(rows)]);
};

const CONDITIONS = {
  idempotency: 'idempotency_key = $3',
  unique: `unique_tag = $3 AND status IN ${UNFINISHED}`,
} as const satisfies Record<LedgerKey['kind'], string>;

/** Looks are few: between two of them, the task that had the key has ended, or its key has expired. */
const MAX_LOOKS = 10;

interface EntryInsert {
  readonly executor: SqlExecutor;
  readonly tables: SqlTables;
  readonly queuePrefix: string;
  readonly entry: LedgerEntry;
}

/** Inserts one task, or finds the one that has its key. Rejects with what the database says. */
export const insertEntry = async (insert: EntryInsert): Promise<LedgerInsert> => {
  const { executor, tables, queuePrefix, entry } = insert;
  const batch = toBatch([toEntryCells(entry, queuePrefix)]);
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const inserted = await executor.query(toInsert(tables), [batch]);
    if (inserted.length > 0) return { kind: 'created' };
    if (entry.key === undefined) return againOf(insert);
    const holder = await findHolder(insert, entry.key);
    if (holder !== undefined)
      return holder === entry.id ? { kind: 'created' } : { kind: 'duplicate', id: holder };
  }
  await checkAnswers(executor);
  throw new LedgerError(`the tasks of one key end faster than they are found (task ${entry.taskName})`, {
    code: 'ledger-unavailable',
  });
};

/** The same task once more; or nothing was written. */
const againOf = async ({ executor, tables, entry }: EntryInsert): Promise<LedgerInsert> => {
  if ((await isThere({ executor, tables }, entry.id)) === undefined) throw toUnanswered();
  return { kind: 'created' };
};

/** The task that has the key of another one, or is that one; nothing when the key is free by now. */
const findHolder = async (
  { executor, tables, queuePrefix, entry }: EntryInsert,
  key: LedgerKey,
): Promise<TaskId | undefined> => {
  const [row] = await executor.query(
    `SELECT id, key_expires_at FROM ${tables.name('tasks')}
     WHERE queue_prefix = $1 AND task_type = $2 AND ${CONDITIONS[key.kind]}`,
    [queuePrefix, entry.taskName, toStorableKey(key.key)],
  );
  if (row === undefined) return isThere({ executor, tables }, entry.id);
  const expiresAtMs = key.kind === 'idempotency' ? toMs(row['key_expires_at']) : undefined;
  if (expiresAtMs === undefined || expiresAtMs > entry.createdAtMs) return String(row['id']) as TaskId; // ids are ours
  await executor.query(
    `UPDATE ${tables.name('tasks')} SET idempotency_key = NULL, key_expires_at = NULL
     WHERE id = $1 AND key_expires_at = $2`,
    [String(row['id']), expiresAtMs],
  );
  return undefined;
};

/** A task that was inserted before, by a call whose answer was lost, and whose key is free again. */
const isThere = async (
  { executor, tables }: Pick<EntryInsert, 'executor' | 'tables'>,
  id: TaskId,
): Promise<TaskId | undefined> => {
  const rows = await executor.query(`SELECT id FROM ${tables.name('tasks')} WHERE id = $1`, [id]);
  return rows.length > 0 ? id : undefined;
};
