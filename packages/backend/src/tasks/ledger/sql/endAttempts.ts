import { type DatabaseTransaction, type SqlDatabase, type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { type EndAnswer, type RecordedEnd } from '../LedgerWriter';
import { type CancelledEnding, type Standing } from '../Standing';
import { type Cell, toBatch } from './batch';
import { type EndRow } from './EndRow';
import {
  toAttemptInsert,
  toDiscardedInsert,
  toHeldQuery,
  toRowAttemptInsert,
  toRowUpdate,
  toUpdate,
  toUpdateWithAttempts,
} from './endStatements';
import { onlyFree } from './freeTasks';
import { readStandings, toCancelledEnding } from './readStandings';

/** What writing an end came to; `held`: nothing, because somebody else is writing its task. */
export type WrittenEnd = EndAnswer | { readonly kind: 'held' };

/** Writes attempts and what became of their tasks, durably. One answer for each, in their order. */
export const endDurably = (
  database: SqlDatabase,
  tables: SqlTables,
  ends: readonly EndRow[],
): Promise<readonly WrittenEnd[]> =>
  database.dialect === 'sqlite'
    ? database.transaction((transaction) => endEach(transaction, tables, ends))
    : endTogether(database, tables, ends);

/**
 * On SQLite each end by itself, in one transaction: nobody else writes meanwhile. What makes a cancelled task of one that
 * somebody wants to stop comes after the others, as all that something stands against.
 */
const endEach = async (
  transaction: DatabaseTransaction,
  tables: SqlTables,
  ends: readonly EndRow[],
): Promise<readonly WrittenEnd[]> => {
  const counts = await transaction.runEach(
    toRowUpdate(tables),
    ends.map(({ cells }) => cells),
  );
  const others = ends.filter((_, index) => counts[index] === 0);
  const written = others.length === 0 ? ends : ends.filter((_, index) => counts[index] !== 0);
  await transaction.runEach(
    toRowAttemptInsert(tables),
    written.flatMap((end) => toKept(end, undefined)),
  );
  return endOthers(ends, others, () => endAttempts(transaction, tables, others));
};

/**
 * On Postgres, where a transaction asks the server four times, one statement writes what nothing stands against, which is nearly
 * everything. When the rest fails all of it is told again: what is written stays as it is then. No end waits there for a task
 * that somebody else is writing: that one is `held`.
 */
const endTogether = async (
  database: SqlDatabase,
  tables: SqlTables,
  ends: readonly EndRow[],
): Promise<readonly WrittenEnd[]> => {
  const written = await endAtOnce(database, tables, ends);
  const others = ends.filter((end) => !written.has(end));
  return endOthers(ends, others, () =>
    database.transaction((executor) => endAttempts(executor, tables, others)),
  );
};

/** Writes those ends that something stands against, and answers for all. */
const endOthers = async (
  ends: readonly EndRow[],
  others: readonly EndRow[],
  write: () => Promise<readonly WrittenEnd[]>,
): Promise<readonly WrittenEnd[]> => {
  if (others.length === 0) return ends.map(() => RECORDED);
  const answers = await write();
  const answerOf = new Map(others.map((end, index) => [end, answers[index] ?? RECORDED]));
  return ends.map((end) => answerOf.get(end) ?? RECORDED);
};

/**
 * Writes the first end of each task, unless something stands against it, be it that somebody wants the task to stop; answers those
 * that were written.
 */
const endAtOnce = async (
  executor: SqlExecutor,
  tables: SqlTables,
  ends: readonly EndRow[],
): Promise<ReadonlySet<EndRow>> => {
  const [first = []] = toRounds(ends);
  const rows = await executor.query(toUpdateWithAttempts(tables, onlyFree(tables)), [
    toBatch(first.map(({ cells }) => cells)),
    toBatch(first.flatMap(({ attempt }) => (attempt === undefined ? [] : [attempt.kept]))),
  ]);
  const changed = new Set(rows.map(({ id }) => String(id)));
  return new Set(first.filter(({ id }) => changed.has(id)));
};

/** Writes attempts and what became of their tasks; to be called in a transaction. One answer for each, in their order. */
export const endAttempts = async (
  executor: SqlExecutor,
  tables: SqlTables,
  ends: readonly EndRow[],
): Promise<readonly WrittenEnd[]> => {
  const answers = new Map<EndRow, WrittenEnd>();
  for (const round of toRounds(ends)) {
    const standings = await updateTasks(executor, tables, round);
    await insertAttempts(
      executor,
      tables,
      round.flatMap((end) => toKept(end, standings.get(end.id))),
    );
    await insertDiscarded(
      executor,
      tables,
      round.filter(({ id }) => standings.get(id)?.kind === 'ended'),
    );
    for (const end of round) answers.set(end, toAnswer(standings.get(end.id)));
  }
  return ends.map((end) => answers.get(end) ?? RECORDED);
};

const RECORDED: RecordedEnd = { kind: 'recorded' };

/** Where a task stands that an end has not changed. */
type Unchanged = Standing | { readonly kind: 'held' };

/** Where a task stands that an end has not changed, or not to what its attempt came to. */
type Deviation = Unchanged | CancelledEnding;

const toAnswer = (standing: Deviation | undefined): WrittenEnd => {
  if (standing === undefined || standing.kind === 'open') return RECORDED;
  return standing.kind === 'cancelled' ? { ...RECORDED, cancelled: standing } : standing;
};

/** Several ends of one task are written one after the other: in one UPDATE any one of them would count, and only that one. */
const toRounds = (ends: readonly EndRow[]): readonly (readonly EndRow[])[] => {
  const rounds: EndRow[][] = [];
  const seen = new Map<TaskId, number>();
  for (const end of ends) {
    const before = seen.get(end.id) ?? 0;
    seen.set(end.id, before + 1);
    const round = rounds[before];
    if (round === undefined) rounds[before] = [end];
    else round.push(end);
  }
  return rounds;
};

/** Answers how those tasks stand that were not changed, or were cancelled instead. */
const updateTasks = async (
  executor: SqlExecutor,
  tables: SqlTables,
  ends: readonly EndRow[],
): Promise<ReadonlyMap<TaskId, Deviation>> => {
  const batch = toBatch(ends.map(({ cells }) => cells));
  const updated = await executor.query(toUpdate(tables, onlyFree(tables)), [batch]);
  const changed = new Map(updated.map((row) => [String(row['id']), row]));
  const cancelled = ends.flatMap(({ id, status }) => {
    const row = changed.get(id);
    return row === undefined || row['status'] === status ? [] : [[id, toCancelledEnding(row)] as const];
  });
  const others = ends.filter(({ id }) => !changed.has(id));
  if (others.length === 0) return new Map(cancelled);
  // Before the standings are read: what is not to be written by now never will be.
  const held = await listHeld(executor, tables, others);
  const ids = others.map(({ id }) => id);
  const standings = await readStandings(executor, tables, ids);
  return new Map<TaskId, Deviation>([
    ...cancelled,
    ...ids.map((id, index) => [id, held.has(id) ? HELD : (standings[index] ?? { kind: 'absent' })] as const),
  ]);
};

const HELD = { kind: 'held' } as const;

const listHeld = async (
  executor: SqlExecutor,
  tables: SqlTables,
  ends: readonly EndRow[],
): Promise<ReadonlySet<string>> => {
  const rows = await executor.query(toHeldQuery(tables), [toBatch(ends.map(({ cells }) => cells))]);
  return new Set(rows.map(({ id }) => String(id)));
};

/** That of an unknown task is not kept: nobody would ever sweep it, and the task may yet be written down. */
const toKept = ({ attempt }: EndRow, standing: Deviation | undefined): readonly (readonly Cell[])[] =>
  attempt === undefined || !(standing === undefined || isKept(standing)) ? [] : [attempt.kept];

const isKept = ({ kind }: Deviation): boolean => kind === 'open' || kind === 'cancelled';

const insertAttempts = async (
  executor: SqlExecutor,
  tables: SqlTables,
  rows: readonly (readonly Cell[])[],
): Promise<void> => {
  if (rows.length > 0) await executor.query(toAttemptInsert(tables), [toBatch(rows)]);
};

/** What an attempt came to whose task had ended already counts for nothing. */
const insertDiscarded = async (
  executor: SqlExecutor,
  tables: SqlTables,
  ends: readonly EndRow[],
): Promise<void> => {
  const rows = ends.flatMap(({ attempt }) => (attempt === undefined ? [] : [attempt.discarded]));
  if (rows.length > 0) await executor.query(toDiscardedInsert(tables), [toBatch(rows)]);
};
