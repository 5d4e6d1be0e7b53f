import { accessFailureCode, describeAccessFailure } from '../queue/AccessFailure';
import { LedgerError, type LedgerErrorCode } from './LedgerError';

/** What a caller is told of a call that the ledger or the queues did not carry out. */
interface CallFailure {
  readonly message: string;
  readonly code: Exclude<LedgerErrorCode, 'ledger-disabled'> | ReturnType<typeof accessFailureCode>;
  readonly cause: Error;
}

const LEDGER_CODES = {
  'ledger-unavailable': 'ledger-unavailable',
  'ledger-refused': 'ledger-refused',
  'ledger-schema': 'ledger-schema',
  // Never happens, and is here for the type: a ledger that is off is not asked.
  'ledger-disabled': 'ledger-refused',
} as const satisfies Record<LedgerErrorCode, CallFailure['code']>;

/** What a caller is told of a ledger that is not off. */
export const toLedgerCode = ({ code }: LedgerError): (typeof LEDGER_CODES)[LedgerErrorCode] =>
  LEDGER_CODES[code];

/** Says why a call came to nothing: a `LedgerError`'s own code and words, or those of the queues. */
export const toCallFailure = (cause: Error): CallFailure =>
  cause instanceof LedgerError
    ? { message: cause.message, code: toLedgerCode(cause), cause }
    : { message: describeAccessFailure(cause), code: accessFailureCode(cause), cause };
