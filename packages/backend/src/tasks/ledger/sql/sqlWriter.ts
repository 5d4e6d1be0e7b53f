import { type SqlDialect, type SqlExecutor } from '@backend/database/SqlDatabase';
import { err, ok, Result } from 'neverthrow';
import { type TaskId } from '../../domain/TaskId';
import { createGroupCommit, type GroupCommit } from '../GroupCommit';
import { type LedgerEntry, type LedgerKey } from '../LedgerEntry';
import { LedgerError } from '../LedgerError';
import { type EndAnswer, type EndedAttempt, type LedgerInsert, type LedgerWriter } from '../LedgerWriter';
import { type Standing } from '../Standing';
import { createBoundedWork } from './BoundedWork';
import { type Cell } from './batch';
import { cancelChange, toCancelRow } from './cancelChange';
import { type ChangeRow, changeEntries, type EntryChange, type WrittenChange } from './changeEntries';
import { completeAttempt } from './completeAttempt';
import { type EndRow, toEndRow } from './EndRow';
import { toEntryCells } from './EntryRow';
import { endDurably, type WrittenEnd } from './endAttempts';
import { endUnknown } from './endUnknown';
import { insertEntry, insertRows } from './insertEntry';
import { type LedgerDatabase, toLedgerError, withinTransaction } from './LedgerDatabase';
import { noteCrash } from './noteCrash';
import { readStandings } from './readStandings';
import { reopenEntry } from './reopenEntry';
import { requestChange, toRequestRow } from './requestChange';
import { touchAttempts } from './touchAttempts';
import { type Free, isFree, type Written, writeWhenFree } from './writeWhenFree';

/** A writer, and what closing it needs. */
export interface SqlWriter extends LedgerWriter {
  /** Resolves when everything that was asked is written, or refused. */
  settled(): Promise<void>;
}

/** Inserts with keys at the same time, at most: each may have to wait for a transaction, and takes a connection meanwhile. */
const MAX_KEYED_INSERTS = 4;

/** Groups of one kind at the same time. A Postgres takes in a group while it brings another one to its disk; SQLite has one writer. */
const MAX_GROUPS = { sqlite: 1, postgres: 3 } as const satisfies Record<SqlDialect, number>;

/** Characters of a number, about: it is written out when the batch is. */
const NUMBER_SIZE = 13;

const sizeOfCells = (cells: readonly Cell[]): number =>
  cells.reduce<number>((size, cell) => size + (typeof cell === 'string' ? cell.length : NUMBER_SIZE), 0);

const CREATED: LedgerInsert = { kind: 'created' };

/** What a task came to is checked before; this is for what slips through. */
const toUnwritable = (thrown: unknown): LedgerError =>
  new LedgerError(`expected what is written down to be JSON: ${String(thrown)}`, {
    code: 'ledger-refused',
    cause: thrown,
  });

const parseEnd = Result.fromThrowable(toEndRow, toUnwritable);

const parseEntry = Result.fromThrowable(toEntryCells, toUnwritable);

/** Creates the writer of a ledger in SQL. */
export const createSqlWriter = (ledgerDatabase: LedgerDatabase): SqlWriter => {
  const { tables, queuePrefix, deadlineMs, run } = ledgerDatabase;
  const maxGroups = MAX_GROUPS[tables.dialect];
  const inserts = createGroupCommit<readonly Cell[], LedgerInsert>({
    maxGroups,
    sizeOf: sizeOfCells,
    write: (rows) =>
      run(async (database) => {
        await insertRows(database, tables, rows);
        return rows.map(() => CREATED);
      }),
  });
  const standings = createGroupCommit<TaskId, Standing>({
    maxGroups,
    sizeOf: (id) => id.length,
    write: (ids) => run((database) => readStandings(database, tables, ids)),
  });
  const ends = createGroupCommit<EndRow, WrittenEnd>({
    maxGroups,
    sizeOf: ({ cells }) => sizeOfCells(cells),
    write: (rows) => run((database) => endDurably(database, tables, rows)),
  });
  const createChanges = <Name extends string>(change: EntryChange<Name>) =>
    createGroupCommit<ChangeRow, WrittenChange>({
      maxGroups,
      sizeOf: ({ cells }) => sizeOfCells(cells),
      write: (rows) => run((database) => changeEntries(database, tables, { change, rows })),
    });
  const cancels = createChanges(cancelChange);
  const requests = createChanges(requestChange);
  const keyed = createBoundedWork({ maxCount: MAX_KEYED_INSERTS, patienceMs: deadlineMs });
  const others = createBoundedWork();

  const insertInto = (executor: SqlExecutor, entry: LedgerEntry): Promise<LedgerInsert> =>
    insertEntry({ executor, tables, queuePrefix, entry });
  /** It waits for a transaction that has the same key: it must not let others wait. */
  const insertKeyed = async (
    entry: LedgerEntry,
    key: LedgerKey,
  ): Promise<Result<LedgerInsert, LedgerError>> => {
    const turn = JSON.stringify([entry.taskName, key.kind, key.key]);
    try {
      return await keyed.take(() => run((database) => insertInto(database, entry)), turn);
    } catch (thrown) {
      return err(toLedgerError(thrown));
    }
  };
  const insert = async (entry: LedgerEntry): Promise<Result<LedgerInsert, LedgerError>> => {
    const cells = parseEntry(entry, queuePrefix);
    if (cells.isErr()) return err(cells.error);
    return entry.key === undefined ? inserts.add(cells.value) : insertKeyed(entry, entry.key);
  };
  /** Adds to a group; while somebody else is writing its task, again and again. */
  const addFree = async <Item, Answer extends Written>(
    group: GroupCommit<Item, Answer>,
    item: Item,
  ): Promise<Result<Free<Answer>, LedgerError>> => {
    const write = () => group.add(item);
    const answer = await write();
    if (answer.isErr()) return err(answer.error);
    return isFree(answer.value) ? ok(answer.value) : others.take(() => writeWhenFree({ write, deadlineMs }));
  };
  const change = async (
    group: GroupCommit<ChangeRow, WrittenChange>,
    row: ChangeRow,
  ): Promise<Result<boolean, LedgerError>> => (await addFree(group, row)).map(({ isChanged }) => isChanged);
  const end = async (attempt: EndedAttempt): Promise<Result<EndAnswer, LedgerError>> => {
    const row = parseEnd(attempt);
    if (row.isErr()) return err(row.error);
    return addFree(ends, row.value);
  };

  return {
    insert,
    end,
    cancel: (id, cancellation) => change(cancels, toCancelRow(id, queuePrefix, cancellation)),
    requestCancel: (id, request) => change(requests, toRequestRow(id, queuePrefix, request)),
    endUnknown: (entry, attempt) =>
      others.take(() => run((database) => endUnknown(database, ledgerDatabase, { entry, attempt }))),
    insertWithin: (transaction, entry) => withinTransaction(() => insertInto(transaction, entry)),
    standing: (id) => standings.add(id),
    touch: async (attempts, nowMs) =>
      attempts.length === 0
        ? ok()
        : others.take(() => run((database) => touchAttempts(database, tables, { attempts, nowMs }))),
    noteCrash: (attempt) => others.take(() => run((database) => noteCrash(database, tables, attempt))),
    reopen: (id, nowMs) => others.take(() => run((database) => reopenEntry(database, tables, { id, nowMs }))),
    completeWithin: (transaction, attempt) =>
      withinTransaction(() => completeAttempt(transaction, tables, attempt)),
    settled: async () => {
      for (const each of [inserts, standings, ends, cancels, requests, keyed, others]) await each.settled();
    },
  };
};
