import { AppError } from '@core/errors/AppError';
import { describeAccessFailure } from '../queue/AccessFailure';
import { toLedgerCode } from './CallFailure';
import { type LedgerError } from './LedgerError';

/**
 * Why a comparison of ledger and queues ended early. What it did until then stays done; the next one begins anew.
 *
 * - `ledger-unavailable`: the ledger could not be read or written; the message says why.
 * - `ledger-refused`, `ledger-schema`: it said no, as `LEDGER_ERROR_CODES` says. Trying again is futile.
 * - `queue-unavailable`: Redis did not answer, or refused.
 */
export const RECONCILE_ERROR_CODES = [
  'ledger-unavailable',
  'ledger-refused',
  'ledger-schema',
  'queue-unavailable',
] as const;

/** Why a comparison ended early: one of `RECONCILE_ERROR_CODES`. */
export type ReconcileErrorCode = (typeof RECONCILE_ERROR_CODES)[number];

/** Ledger and queues could not be compared to the end. */
export class ReconcileError extends AppError<ReconcileErrorCode> {
  override readonly name = 'ReconcileError';
}

/** The failure of the queues as that of a comparison. */
export const toQueueFailure = (cause: Error): ReconcileError =>
  new ReconcileError(describeAccessFailure(cause), { code: 'queue-unavailable', cause });

/** The ledger's failure as that of a comparison. */
export const toLedgerFailure = (cause: LedgerError): ReconcileError =>
  new ReconcileError(cause.message, { code: toLedgerCode(cause), cause });
