import { type DatabaseTransaction, type SqlDatabase, type SqlExecutor } from '@backend/database/SqlDatabase';
import { type SqlTables } from '@backend/database/SqlTables';
import { type TaskId } from '../../domain/TaskId';
import { type EndAnswer } from '../LedgerWriter';
import { type Standing } from '../Standing';
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
import { readStandings } from './readStandings';

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

/** On SQLite each end by itself, in one transaction: nobody else writes meanwhile. */
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
  const standings =
    others.length === 0
      ? []
      : await readStandings(
          transaction,
          tables,
          others.map(({ id }) => id),
        );
  const standingOf = new Map(others.map((end, index) => [end, standings[index]]));
  await transaction.runEach(
    toRowAttemptInsert(tables),
    ends.flatMap((end) => toKept(end, standingOf.get(end))),
  );
  await insertDiscarded(
    transaction,
    tables,
    others.filter((end) => standingOf.get(end)?.kind === 'ended'),
  );
  return ends.map((end) => toAnswer(standingOf.get(end)));
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
  const rest = ends.filter((end) => !written.has(end));
  if (rest.length === 0) return ends.map(() => RECORDED);
  const answers = await database.transaction((executor) => endAttempts(executor, tables, rest));
  const answerOf = new Map(rest.map((end, index) => [end, answers[index] ?? RECORDED]));
  return ends.map((end) => answerOf.get(end) ?? RECORDED);
};

/** Writes the first end of each task, unless something stands against it; answers those that were written. */
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

const RECORDED: EndAnswer = { kind: 'recorded' };

/** Where a task stands that an end has not changed. */
type Unchanged = Standing | { readonly kind: 'held' };

const toAnswer = (standing: Unchanged | undefined): WrittenEnd =>
  standing === undefined || standing.kind === 'open' ? RECORDED : standing;

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

/** Answers how those tasks stand that were not changed. */
const updateTasks = async (
  executor: SqlExecutor,
  tables: SqlTables,
  ends: readonly EndRow[],
): Promise<ReadonlyMap<TaskId, Unchanged>> => {
  const batch = toBatch(ends.map(({ cells }) => cells));
  const updated = await executor.query(toUpdate(tables, onlyFree(tables)), [batch]);
  const changed = new Set(updated.map(({ id }) => String(id)));
  const others = ends.filter(({ id }) => !changed.has(id));
  if (others.length === 0) return new Map();
  // Before the standings are read: what is not to be written by now never will be.
  const held = await listHeld(executor, tables, others);
  const ids = others.map(({ id }) => id);
  const standings = await readStandings(executor, tables, ids);
  return new Map(
    ids.map((id, index) => [id, held.has(id) ? HELD : (standings[index] ?? { kind: 'absent' })]),
  );
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
const toKept = ({ attempt }: EndRow, standing: Unchanged | undefined): readonly (readonly Cell[])[] =>
  attempt === undefined || (standing !== undefined && standing.kind !== 'open') ? [] : [attempt.kept];

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
