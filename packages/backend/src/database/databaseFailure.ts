import { DeadlineError } from '@backend/deadline/settleWithin';
import { DatabaseError, type DatabaseErrorCode } from './DatabaseError';

/** Classes of SQLSTATE (the first two characters): https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SQLSTATE_CLASSES: Readonly<Record<string, DatabaseErrorCode>> = {
  '08': 'unavailable', // connection exception
  '40': 'busy', // transaction rollback: deadlock, serialisation
  '53': 'unavailable', // insufficient resources: too many connections, no memory
  '55': 'busy', // object not in prerequisite state: lock not available
  '57': 'unavailable', // operator intervention: the server stops, or starts
  '58': 'unavailable', // system error
};

const CODES: Readonly<Record<string, DatabaseErrorCode>> = {
  '23505': 'duplicate',
  '53100': 'full',
  '25006': 'read-only', // a standby, until it is made the primary
  '25P03': 'unavailable', // the server ended a transaction that was asked nothing for too long
  SQLITE_CONSTRAINT_PRIMARYKEY: 'duplicate',
  SQLITE_CONSTRAINT_UNIQUE: 'duplicate',
  ERR_SQLITE_CONNECTION_CLOSED: 'unavailable',
};

/** Results of SQLite that have further ones, by their first two words: https://www.sqlite.org/rescode.html */
const SQLITE_RESULTS: Readonly<Record<string, DatabaseErrorCode>> = {
  SQLITE_BUSY: 'busy',
  SQLITE_LOCKED: 'busy',
  SQLITE_CANTOPEN: 'unavailable',
  SQLITE_FULL: 'full',
  SQLITE_IOERR: 'unavailable',
  SQLITE_READONLY: 'read-only',
};

/** What a Postgres server means by a SQLSTATE. */
export const codeOfSqlState = (state: string): DatabaseErrorCode =>
  CODES[state] ?? SQLSTATE_CLASSES[state.slice(0, 2)] ?? 'refused';

const textOf = (error: Error, field: 'code' | 'errno'): string => {
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' ? value : '';
};

const codeOf = (error: Error): DatabaseErrorCode => {
  const code = textOf(error, 'code');
  const state = textOf(error, 'errno'); // the SQLSTATE, of what a Postgres server says
  if (state !== '') return codeOfSqlState(state);
  const known = CODES[code] ?? SQLITE_RESULTS[code.split('_').slice(0, 2).join('_')];
  // What Bun's client says without the server is that there is none.
  return known ?? (code.startsWith('ERR_POSTGRES_') ? 'unavailable' : 'refused');
};

/** Bun's client says no more than that it failed to connect, whether it found the host or not. */
const UNREACHED = {
  code: 'ERR_POSTGRES_CONNECTION_REFUSED',
  message: 'nothing takes connections there, or its host is not known',
} as const;

/**
 * Makes a `DatabaseError` of what Bun's client rejected with.
 *
 * @param place Where the database is, to be shown when it is not there. Default: nowhere.
 */
export const toDatabaseError = (thrown: unknown, place?: string): DatabaseError => {
  if (thrown instanceof DatabaseError) return thrown;
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = thrown instanceof DeadlineError ? 'unavailable' : codeOf(cause);
  const isAway = place !== undefined && code === 'unavailable';
  const reason = textOf(cause, 'code') === UNREACHED.code ? UNREACHED.message : cause.message;
  const message = isAway ? `the database at ${place} is not available: ${reason}` : reason;
  return new DatabaseError(message, { code, cause });
};
