import { DatabaseError } from '@backend/database/DatabaseError';
import { AppError } from '@core/errors/AppError';

/**
 * Why the ledger did not do what it was asked.
 *
 * - `ledger-disabled`: `LEDGER_URL` is `off`. Set it, or do without.
 * - `ledger-unavailable`: the database was not reached, was silent, was busy for too long, or takes no writes for now. Try again
 *   later; a statement that was sent may have been carried out: `isUnknown` says so.
 * - `ledger-refused`: the database said no: the user of `LEDGER_URL` may not do it, or what was given as a transaction is none,
 *XX * - `ledger-schema`: the tables are newer than this code, or another program's: update Drover, or set `LEDGER_SCHEMA`. Or they
 *   are not in the database of a caller's transaction: hand over one of the ledger's database, or start a worker first.
 */
export const LEDGER_ERROR_CODES = [
  'ledger-disabled',
  'ledger-unavailable',
  'ledger-refused',
  'ledger-schema',
] as const;

/** Why the ledger did not do what it was asked: one of `LEDGER_ERROR_CODES`. */
export type LedgerErrorCode = (typeof LEDGER_ERROR_CODES)[number];

/** The ledger did not do what it was asked. */
export class LedgerError extends AppError<LedgerErrorCode> {
  override readonly name = 'LedgerError';

  /** Whether what was to be written may be in the ledger all the same. What it says no to is not, nor what has no place on its disk. */
  get isUnknown(): boolean {
    return this.cause instanceof DatabaseError ? this.cause.isUnknown : this.code === 'ledger-unavailable';
  }
}
