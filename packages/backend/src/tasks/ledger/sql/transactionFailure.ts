import { DatabaseError } from '@backend/database/DatabaseError';
import { codeOfSqlState, toDatabaseError } from '@backend/database/databaseFailure';
import { LedgerError } from '../LedgerError';

/** Five capital letters and digits: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Of the operating system, and of postgres.js. */
const LOST_CONNECTION =
  /^(E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NOTFOUND)|CONNECTION_(CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT)$/;

/** What a transaction of `Bun.SQL` says that is over. */
const OVER = /^ERR_(POSTGRES|SQLITE)_INVALID_TRANSACTION_STATE$/;

/** The tables of the ledger are not where the transaction looks. */
const NO_TABLE = { state: '42P01', sqlite: /^no such table/ };

const codeOf = (error: Error): string => {
  const code: unknown = Reflect.get(error, 'code');
  const errno: unknown = Reflect.get(error, 'errno');
  // Bun has the SQLSTATE there.
  return typeof errno === 'string' && SQLSTATE.test(errno) ? errno : typeof code === 'string' ? code : '';
};

/** What the database itself said: clients that wrap an error keep it as the cause. */
const innermost = (error: Error): Error => {
  let found = error;
  for (let next: unknown = error; next instanceof Error; next = next.cause)
    if (codeOf(next) !== '') found = next;
  return found;
};

/**
 * Says what the client of a caller's transaction rejected with, whichever client that is: a `DatabaseError`, or a
 * `LedgerError` when the tables are not there.
 */
export const toTransactionError = (thrown: unknown): DatabaseError | LedgerError => {
  if (thrown instanceof DatabaseError || !(thrown instanceof Error)) return toDatabaseError(thrown);
  const said = innermost(thrown);
  const code = codeOf(said);
  if (OVER.test(code))
    return new DatabaseError('the transaction is over', { code: 'refused', cause: thrown });
  if (LOST_CONNECTION.test(code))
    return new DatabaseError(said.message || code, { code: 'unavailable', cause: thrown });
  if (code === NO_TABLE.state || NO_TABLE.sqlite.test(said.message)) return toTableless(said.message, thrown);
  const known = SQLSTATE.test(code) ? codeOfSqlState(code) : toDatabaseError(said).code;
  // The transaction is the caller's, and stays what it was begun as.
  return new DatabaseError(said.message, { code: known === 'read-only' ? 'refused' : known, cause: thrown });
};

const toTableless = (message: string, cause: Error): LedgerError =>
  new LedgerError(
    `the tables of the ledger are not in the database of this transaction: it is another one than LEDGER_URL and LEDGER_SCHEMA say, or no worker has ever been started on it (${message})`,
    { code: 'ledger-schema', cause },
  );
