import { type SqlDialect } from '@backend/database/SqlDatabase';
import { type Result } from 'neverthrow';
import { type LedgerError } from './LedgerError';
import { type LedgerHistory } from './LedgerHistory';
import { type LedgerOutbox } from './LedgerOutbox';
import { type LedgerWriter } from './LedgerWriter';

/** The SQL record of every task. All its promises settle, with a `LedgerError` at the worst. */
export interface TaskLedger {
  readonly dialect: SqlDialect;
  readonly writer: LedgerWriter;
  readonly outbox: LedgerOutbox;
  readonly history: LedgerHistory;
  /** Connects and brings the tables up to date; every call does that by itself. */
  open(): Promise<Result<void, LedgerError>>;
  /** Writes what waits and closes the database. Safe to call twice. */
  close(): Promise<void>;
  /** Calls a listener when `close` is called. */
  onClose(listener: () => void): void;
}
