import { AppError } from '@core/errors/AppError';

/**
 * Why a worker did not start.
 *
 * - `redis-unsafe`: `REDIS_STRICT=true`, and Redis could lose tasks; the message lists why. Correct its configuration.
 * - `ledger-unusable`: the database of the ledger says no, or its tables are newer than this code, or another program's; the
 *   message says which. Correct `LEDGER_URL` or `LEDGER_SCHEMA`. A database that is away is waited for, not an error.
 * - `resource-failed`: a shared resource did not start; the message names it and says why, `cause` is what it threw. Those
 *   that had started are stopped again.
 * - `isolation-unavailable`: the module of `tasksModule` cannot be loaded in a process of its own, or does not list an
 *   isolated task; the message says which. Correct the module, or the option.
 * - `stopped`: `stop` was called before; a stopped worker stays stopped.
 */
export type WorkerStartErrorCode =
  | 'redis-unsafe'
  | 'ledger-unusable'
  | 'resource-failed'
  | 'isolation-unavailable'
  | 'stopped';

/** A worker did not start; it takes no task. */
export class WorkerStartError extends AppError<WorkerStartErrorCode> {
  override readonly name = 'WorkerStartError';
}
