import { type SqlDialect } from '@backend/database/SqlDatabase';
import { type TaskId } from '../../domain/TaskId';
import { type LedgerEntry } from '../LedgerEntry';
import { type OutboxClaim, type UnpublishedTask } from '../LedgerOutbox';
import { type LedgerWriter } from '../LedgerWriter';
import { toOldTimes } from '../OldTimes';
import { createSqlOutbox, type SqlOutbox } from '../sql/sqlOutbox';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, createLedgerBench, type LedgerBench, sampleEntry } from './LedgerBench';

/** What the clock of the outbox says: a minute after its entries were made; milliseconds since 1970. */
export const NOW_MS = CREATED_AT_MS + 60_000;

/** A claim at `NOW_MS` of what is 2 s old, unless the test says otherwise. */
export const sampleClaim = (given: Partial<OutboxClaim> = {}): OutboxClaim => ({
  limit: 100,
  nowMs: NOW_MS,
  created: toOldTimes(given.nowMs ?? NOW_MS, 2000),
  leaseMs: 10_000,
  ...given,
});

/** The ids of tasks. */
export const idsOf = (tasks: readonly { readonly id: TaskId }[]): TaskId[] => tasks.map(({ id }) => id);

/** An outbox on an empty database. */
export interface OutboxBench extends LedgerBench {
  readonly writer: LedgerWriter;
  readonly outbox: SqlOutbox;
  insert(given?: Partial<LedgerEntry>): Promise<TaskId>;
  claim(given?: Partial<OutboxClaim>): Promise<readonly UnpublishedTask[]>;
  /** Writes that tasks are on their queues. */
  publish(...ids: TaskId[]): Promise<void>;
}

/** Sets up a bench. */
export const createOutboxBench = async (dialect: SqlDialect): Promise<OutboxBench> => {
  const bench = await createLedgerBench(dialect);
  const writer = createSqlWriter(bench.ledgerDatabase);
  const outbox = createSqlOutbox(bench.ledgerDatabase, { now: () => NOW_MS });
  return {
    ...bench,
    writer,
    outbox,
    insert: async (given) => {
      const entry = sampleEntry(given);
      (await writer.insert(entry))._unsafeUnwrap();
      return entry.id;
    },
    claim: async (given) => (await outbox.claim(sampleClaim(given)))._unsafeUnwrap().tasks,
    publish: async (...ids) => (await outbox.markPublished(ids))._unsafeUnwrap(),
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
};
