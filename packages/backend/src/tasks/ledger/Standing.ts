import { type CancelRequest } from '../domain/CancelRequest';
import { type StoredTaskError } from '../domain/TaskRecord';

/** How a task ended, as the ledger has it. */
export type LedgerEnding =
  | { readonly kind: 'completed'; readonly value: unknown }
  /** `endedAtMs`: milliseconds since 1970. */
  | { readonly kind: 'failed'; readonly error: StoredTaskError; readonly endedAtMs: number }
  | CancelledEnding;

/** A task that was stopped, or never begun, because somebody wanted that. */
export interface CancelledEnding {
  readonly kind: 'cancelled';
  readonly reason?: string;
}

/** A task that has not ended. */
export interface OpenStanding {
  readonly kind: 'open';
  /** The newest attempt that counts; 0 before the first, and again once the task was put back. */
  readonly attempt: number;
  /** Whether that one runs, as far as the ledger knows. */
  readonly isRunning: boolean;
  /** Attempts of which the ledger knows that their worker died. */
  readonly crashCount: number;
  /** Somebody wants it to stop, and its queue did not know it then. */
  readonly cancelRequest?: CancelRequest;
}

/** Where a task stands in the ledger. */
export type Standing =
  | OpenStanding
  /** The ledger does not know it: scheduled without the ledger, or swept. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'ended'; readonly ending: LedgerEnding };
