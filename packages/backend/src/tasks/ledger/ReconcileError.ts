import { AppError } from '@core/errors/AppError';

/**
 * Why a comparison of ledger and queues ended early. What it did until then stays done; the next one begins anew.
 *
 * - `ledger-unavailable`: the ledger could not be read or written; the message says why.
 * - `queue-unavailable`: Redis did not answer, or refused.
 */
export const RECONCILE_ERROR_CODES = ['ledger-unavailable', 'queue-unavailable'] as const;

/** Why a comparison ended early: one of `RECONCILE_ERROR_CODES`. */
export type ReconcileErrorCode = (typeof RECONCILE_ERROR_CODES)[number];

/** Ledger and queues could not be compared to the end. */
export class ReconcileError extends AppError<ReconcileErrorCode> {
  override readonly name = 'ReconcileError';
}
