import { type SqlDialect } from '@backend/database/SqlDatabase';
import { type TaskEnvelope } from '../../domain/TaskEnvelope';
import { TaskId } from '../../domain/TaskId';
import { type LedgerEntry } from '../LedgerEntry';
import { type HistoryQuery } from '../LedgerHistory';
import { type AttemptOutcome } from '../LedgerWriter';
import { createSqlHistory } from '../sql/sqlHistory';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, createLedgerBench, sampleEnd, sampleEntry } from './LedgerBench';

/** Sets up a history, and a writer to fill it. */
export const createHistoryBench = async (dialect: SqlDialect) => {
  const bench = await createLedgerBench(dialect);
  const writer = createSqlWriter(bench.ledgerDatabase);
  const history = createSqlHistory(bench.ledgerDatabase);
  const add = async (
    given: Partial<LedgerEntry> = {},
    envelope: Partial<TaskEnvelope> = {},
  ): Promise<TaskId> => {
    const entry = sampleEntry(given, envelope);
    (await writer.insert(entry))._unsafeUnwrap();
    return entry.id;
  };
  const end = async (id: TaskId, given: Parameters<typeof sampleEnd>[1] = {}): Promise<TaskId> => {
    (await writer.end(sampleEnd(id, given)))._unsafeUnwrap();
    return id;
  };
  const find = async (id: TaskId) => (await history.find(id))._unsafeUnwrap();
  const idsOf = async (query: Partial<HistoryQuery> = {}) =>
    (await history.list({ limit: 100, ...query }))._unsafeUnwrap().map(({ id }) => id);
  return { bench, writer, history, add, end, find, idsOf };
};

/** A moment after the entries of tests are made. */
export const at = (afterMs: number): Date => new Date(CREATED_AT_MS + afterMs);
/** Why attempts of tests fail. */
export const timeOut = { message: 'SMTP timed out', code: 'timeout', attempt: 1 } as const;
/** An attempt that is tried again a second after the entries are made. */
export const retry: AttemptOutcome = { kind: 'retry', error: timeOut, dueAtMs: CREATED_AT_MS + 1000 };
/** The last attempt of a task. */
export const failure = {
  kind: 'failed',
  error: { ...timeOut, reason: 'exhausted' },
} as const satisfies AttemptOutcome;
