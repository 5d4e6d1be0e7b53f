import { AppError, type AppErrorOptions } from '@core/errors/AppError';
import { type ValidationIssue } from '@core/errors/ValidationError';

/**
 * Why nothing was scheduled.
 *
 * - `invalid-payload`: the payload breaks its schema, or JSON cannot carry it; `issues` say where. Correct it.
 * - `invalid-options`: an option of the call is wrong; the message lists all. Correct it.
 * - `invalid-task`: the definition is wrong, or an isolated handler names one that its worker does not know; the message
 *   lists why. Correct it.
 * - `invalid-correlation-id`: not one of ours and not 1 to 128 characters of A-Z a-z 0-9 . _ : -.
 * - `queue-unavailable`: Redis was silent for `SCHEDULE_DEADLINE_MS`, or refused. Try again later. When
 *   `metadata.isUnknown` is true the task was sent but its receipt was lost: it may run.
 * - `ledger-unavailable`: the ledger's database was silent, or busy for too long. Try again later; the task may be in the
 *   ledger, from where it runs: `metadata.isUnknown` is true.
 * - `ledger-refused`: it said no, as when a transaction is over, or what was given as one is none. Trying again is futile.
 * - `ledger-schema`: its tables are newer than this code, or another program's: update Drover, or set `LEDGER_SCHEMA`. Or they
 *   are not in the database of the transaction: hand over one of the ledger's database, or start a worker first.
 * - `ledger-disabled`: `LEDGER_URL` is `off`, and what was asked needs the ledger.
 * - `tasks-disabled`: `TASKS_ENABLED` is false; Redis was not asked. Go on without the task, or switch tasks on.
 * - `not-in-worker`: `ctx.schedule` of a handler that was called by hand. The testing kit records such calls.
 *
 * With every other code the task is not scheduled, and `metadata.isUnknown`, where there is one, is false.
 */
export type ScheduleErrorCode =
  | 'invalid-payload'
  | 'invalid-options'
  | 'invalid-task'
  | 'invalid-correlation-id'
  | 'queue-unavailable'
  | 'ledger-unavailable'
  | 'ledger-refused'
  | 'ledger-schema'
  | 'ledger-disabled'
  | 'tasks-disabled'
  | 'not-in-worker';

interface ScheduleErrorOptions extends AppErrorOptions<ScheduleErrorCode> {
  readonly issues?: readonly ValidationIssue[];
}

/** A task could not be scheduled. Unless the code is `queue-unavailable`, nothing has reached Redis. */
export class ScheduleError extends AppError<ScheduleErrorCode> {
  override readonly name = 'ScheduleError';
  /** What is wrong with the payload, one entry for each broken rule; empty for the other codes. */
  readonly issues: readonly ValidationIssue[];

  constructor(message: string, { issues = [], ...options }: ScheduleErrorOptions) {
    super(message, options);
    this.issues = issues;
  }
}
