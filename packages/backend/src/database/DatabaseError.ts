import { AppError } from '@core/errors/AppError';

/**
 * Why a statement came to nothing.
 *
 * - `unavailable`: the database was not reached, or was silent for the time it has. Try again later; a statement that was sent may
 *   have been carried out.
 * - `full`: it answers, and has no place left. Nothing was written. Try again when somebody has made room.
 * - `busy`: another process held the lock for too long, or a transaction was the victim of a deadlock. Nothing was written:
 *   try again.
 * - `read-only`: it answers, and takes no writes: a standby, a file that may only be read. Nothing was written. Try again later:
 *   the connection is not used again.
 * - `duplicate`: a row with this key is there already.
 * - `refused`: the statement is wrong, or the user of the URL may not do it.
 * - `closed`: this process has closed the database.
 */
export const DATABASE_ERROR_CODES = [
  'unavailable',
  'full',
  'busy',
  'read-only',
  'duplicate',
  'refused',
  'closed',
] as const;

/** Why a statement came to nothing: one of `DATABASE_ERROR_CODES`. */
export type DatabaseErrorCode = (typeof DATABASE_ERROR_CODES)[number];

/** A statement, or a transaction, came to nothing. */
export class DatabaseError extends AppError<DatabaseErrorCode> {
  override readonly name = 'DatabaseError';

  /** Whether what was to be written may be in the database all the same. */
  get isUnknown(): boolean {
    return this.code === 'unavailable' || this.code === 'closed';
  }
}
