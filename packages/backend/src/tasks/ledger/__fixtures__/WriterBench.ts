import { type SqlDialect } from '@backend/database/SqlDatabase';
import { type TaskId } from '../../domain/TaskId';
import { type LedgerKey } from '../LedgerEntry';
import { type AttemptOutcome } from '../LedgerWriter';
import { createSqlWriter } from '../sql/sqlWriter';
import { CREATED_AT_MS, createLedgerBench, type LedgerBench } from './LedgerBench';

/** What text can hold and no database takes. */
export const WILD_TEXT = 'nul \0 half \uD83D and \uDE00';

export const createWriterBench = async (dialect: SqlDialect) => {
  const bench = await createLedgerBench(dialect);
  return Object.assign(bench, { writer: createSqlWriter(bench.ledgerDatabase) });
};

export const idempotent = (key: string, expiresAtMs = CREATED_AT_MS + 1000): LedgerKey => ({
  kind: 'idempotency',
  key,
  expiresAtMs,
});

export const unique = (key: string): LedgerKey => ({ kind: 'unique', key });

/** Where the row of a task stands. */
export const stateOf = async (bench: LedgerBench, id: TaskId): Promise<unknown> => {
  const row = await bench.row(id);
  return row === undefined ? undefined : [row['status'], Number(row['current_attempt'])];
};

export const outcomesOf = async (bench: LedgerBench, id: TaskId): Promise<unknown[]> =>
  (await bench.attempts(id)).map(({ number, outcome }) => [Number(number), outcome]);

export const taskError = (message: string) => ({ message, code: 'task-failed', attempt: 1 }) as const;

export const retryAt = (dueAtMs: number): AttemptOutcome => ({
  kind: 'retry',
  error: taskError('SMTP refused the connection'),
  dueAtMs,
});
