import { type StoredTaskError } from '../domain/TaskRecord';

/** How a task ended, as the ledger has it. */
export type LedgerEnding =
  | { readonly kind: 'completed'; readonly value: unknown }
  /** `endedAtMs`: milliseconds since 1970. */
  | { readonly kind: 'failed'; readonly error: StoredTaskError; readonly endedAtMs: number }
  | { readonly kind: 'cancelled'; readonly reason?: string };

/** Where a task stands in the ledger. */
export type Standing =
  /** It has not ended. */
  | { readonly kind: 'open' }
  /** The ledger does not know it: scheduled without the ledger, or swept. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'ended'; readonly ending: LedgerEnding };
