import { type SqlDatabase } from '@backend/database/SqlDatabase';
import { ok, type Result } from 'neverthrow';
import { type TaskId } from '../../domain/TaskId';
import { type LedgerError } from '../LedgerError';
import { type LedgerOutbox, type UnpublishedTasks } from '../LedgerOutbox';
import { absorbEntry, cancelAbsorbedEntry } from './absorbEntry';
import { claimTasks } from './claimTasks';
import { type LedgerDatabase } from './LedgerDatabase';
import { markPublished, NOTHING_TAKEN, releaseTasks, unpublishTasks } from './markTasks';
import { createPublicationNotes } from './PublicationNotes';
import {
  findLastUnfinished,
  listCommitted,
  listPublished,
  listUnpublished,
  readLag,
  readUnpublished,
} from './readOutbox';
import { createWriteProbe } from './WriteProbe';

/** An outbox, and what closing it needs. */
export interface SqlOutbox extends LedgerOutbox {
  /** Writes what is noted at once; resolves when that is done. */
  settled(): Promise<void>;
}

interface SqlOutboxOptions {
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

/** How long a note that a task is on its queue waits for others; milliseconds. */
const NOTE_DELAY_MS = 200;

const NOTHING: UnpublishedTasks = { tasks: [], unreadable: [] };

/** Creates the outbox of a ledger in SQL. */
export const createSqlOutbox = (
  ledgerDatabase: LedgerDatabase,
  { now = Date.now }: SqlOutboxOptions = {},
): SqlOutbox => {
  const { tables, run } = ledgerDatabase;
  /** Some work for ids; none for none. */
  const forIds = async <Answer>(
    ids: readonly TaskId[],
    none: Answer,
    work: (database: SqlDatabase) => Promise<Answer>,
  ): Promise<Result<Answer, LedgerError>> => (ids.length === 0 ? ok(none) : run(work));

  const probe = createWriteProbe(ledgerDatabase);
  const mark = (ids: readonly TaskId[]): Promise<Result<void, LedgerError>> =>
    forIds(ids, undefined, (database) => markPublished(database, tables, { ids, nowMs: now() }));
  const notes = createPublicationNotes({ write: mark, delayMs: NOTE_DELAY_MS });

  return {
    notePublished: notes.add,
    listCommitted: (ids) => forIds(ids, [], (database) => listCommitted(database, ledgerDatabase, ids)),
    readUnpublished: (ids) =>
      forIds(ids, NOTHING, (database) => readUnpublished(database, ledgerDatabase, ids)),
    claim: (claim) => run((database) => claimTasks(database, ledgerDatabase, claim)),
    release: (ids) => forIds(ids, undefined, (database) => releaseTasks(database, tables, ids)),
    markPublished: mark,
    absorb: (id, byId) =>
      run((database) => database.transaction((executor) => absorbEntry(executor, tables, { id, byId }))),
    cancelAbsorbed: (id, byId) =>
      run((database) =>
        database.transaction((executor) => cancelAbsorbedEntry(executor, tables, { id, byId, nowMs: now() })),
      ),
    lastUnfinished: () => run((database) => findLastUnfinished(database, ledgerDatabase)),
    listUnpublished: (query) => run((database) => listUnpublished(database, ledgerDatabase, query)),
    listPublished: (query) => run((database) => listPublished(database, ledgerDatabase, query)),
    unpublish: async (listed) =>
      listed.length === 0
        ? ok(NOTHING_TAKEN)
        : run((database) =>
            database.transaction((executor) => unpublishTasks(executor, tables, { listed, nowMs: now() })),
          ),
    lag: (nowMs) =>
      run(async (database) => {
        const lag = await readLag(database, ledgerDatabase, nowMs);
        await probe.check(database);
        return lag;
      }),
    settled: notes.settled,
  };
};
