import { type AppConfig } from '@backend/config/AppConfig';
import { parseDatabaseUrl } from '@backend/database/DatabaseTarget';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { err, ok, type Result } from 'neverthrow';
import { type CallerTransaction } from '../domain/CallerTransaction';
import { type TaskError } from '../domain/TaskError';
import { LedgerError } from '../ledger/LedgerError';
import { transactionProblem } from '../ledger/transactionProblem';

/** How the process of an attempt checks what its handler completes its task with: the worker sees only JSON. */
export interface CompletionRules {
  /** The ledger's; nothing when it is off, which the worker says. */
  readonly dialect: SqlDialect | undefined;
  /** Checks a value as that which a handler returns. */
  checkOutput(value: unknown): Result<unknown, TaskError>;
}

/** Which kind of database the ledger of a configuration is in; nothing when it is off. */
export const toLedgerDialect = ({ ledgerUrl }: Pick<AppConfig, 'ledgerUrl'>): SqlDialect | undefined =>
  parseDatabaseUrl(ledgerUrl)
    .map(({ dialect }) => dialect)
    .unwrapOr(undefined);

/**
 * Checks what a task is completed with; answers the value as JSON.
 *
 * Errors: those of the value, and `ledger-refused` for what is no transaction of the ledger's kind of database.
 */
export const checkCompletion = (
  { dialect, checkOutput }: CompletionRules,
  transaction: CallerTransaction,
  value: unknown,
): Result<unknown, TaskError | LedgerError> => {
  if (dialect === undefined) return ok(null);
  const checked: Result<unknown, TaskError | LedgerError> = checkOutput(value);
  return checked.andThen((json) => {
    const problem = transactionProblem(transaction, dialect);
    return problem === undefined ? ok(json) : err(new LedgerError(problem, { code: 'ledger-refused' }));
  });
};
