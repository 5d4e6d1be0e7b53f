import { type SqlDatabase } from '@backend/database/SqlDatabase';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ENVELOPE_VERSION } from '../../domain/TaskEnvelope';
import { TaskId } from '../../domain/TaskId';
import { type LedgerEntry } from '../LedgerEntry';
import { toLedgerEntry } from '../toLedgerEntry';
import { completeAttempt } from './completeAttempt';
import { insertEntry } from './insertEntry';
import { type LedgerDatabase } from './LedgerDatabase';

/** Finds out whether a database takes writes, by writing. */
export interface WriteProbe {
  /**
   * Writes a task and its end, and takes both back, unless it did so a moment ago and nothing has failed since. Rejects with what the
   * database says.
   */
  check(database: SqlDatabase): Promise<void>;
}

interface WriteProbeOptions {
  /** A clock that never goes back; milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/** How long a database that took a write is taken to take the next one; milliseconds. */
const TRUST_MS = 10_000;

/** Characters; a row of several pages, for which a full file has no place that a small one would still find. */
const SIZE = 16_000;

const ATTEMPT = { attempt: 1, workerId: 'drover:probe', startedAtMs: 0, endedAtMs: 0, value: null } as const;

const toSample = (id: TaskId): LedgerEntry =>
  toLedgerEntry(
    {
      id,
      name: 'drover:probe',
      data: { v: ENVELOPE_VERSION, payload: ' '.repeat(SIZE), correlationId: CorrelationId() },
      options: {},
      debounce: undefined,
    },
    { nowMs: 0 },
  );

/**
 * Creates a probe of one database. A statement that changes no row is refused by a database that may only be read, and taken by
 * one whose disk is full: only what is really written tells.
 */
export const createWriteProbe = (
  { tables, failureCount }: Pick<LedgerDatabase, 'tables' | 'failureCount'>,
  { now = () => performance.now() }: WriteProbeOptions = {},
): WriteProbe => {
  let trustedUntilMs = Number.NEGATIVE_INFINITY;
  let knownFailureCount = 0;
  return {
    check: async (database) => {
      if (now() < trustedUntilMs && failureCount() === knownFailureCount) return;
      const id = TaskId();
      await database.transaction(async (executor) => {
        await insertEntry({ executor, tables, queuePrefix: '', entry: toSample(id) });
        await completeAttempt(executor, tables, { id, ...ATTEMPT });
        await executor.query(`DELETE FROM ${tables.name('task_attempts')} WHERE task_id = $1`, [id]);
        await executor.query(`DELETE FROM ${tables.name('tasks')} WHERE id = $1`, [id]);
      });
      trustedUntilMs = now() + TRUST_MS;
      knownFailureCount = failureCount();
    },
  };
};
