import { AppError, type AppErrorOptions } from '@core/errors/AppError';
import { type ValidationIssue } from '@core/errors/ValidationError';
import { toFailureOf } from '../ledger/toFailureOf';

/**
 * Why nothing was done with a recurring schedule.
 *
 * - `invalid-schedule`: timing, options or correlation ID are wrong, or the id is taken; the message lists all. Correct it.
 * - `invalid-payload`: the payload breaks its schema, or JSON cannot carry it; `issues` say where. Correct it.
 * - `invalid-task`: the definition is wrong; the message lists why. Correct it.
 * - `unknown-schedule`: no schedule has this id; the message suggests the nearest one.
 * - `unknown-task`: the list of tasks has no definition of the schedule's task. Add it to `tasks`.
 * - `overlapping`: the schedule skips overlapping runs, and one is unfinished.
 * - `queue-unavailable`: Redis did not answer in time, or refused; the command may have taken effect. Call again later: every
 *   call but `runNow` may be repeated. When `metadata.isUnknown` of a `runNow` is true the run may have started, under the id
 *   `metadata.taskId`; repeated, it may be two.
 * - `ledger-unavailable`: `runNow` could not write the run down: the ledger's database did not answer, or takes no writes for
 *   now. When `metadata.isUnknown` is true the run may start all the same, under the id `metadata.taskId`.
 * - `ledger-refused`: the same of a database that said no: no run has started. Trying again is futile.
 * - `ledger-schema`: its tables are newer than this code, or another program's: update Drover, or set `LEDGER_SCHEMA`.
 * - `tasks-disabled`: `TASKS_ENABLED` is false; Redis was not asked.
 */
export const RECURRING_ERROR_CODES = [
  'invalid-schedule',
  'invalid-payload',
  'invalid-task',
  'unknown-schedule',
  'unknown-task',
  'overlapping',
  'queue-unavailable',
  'ledger-unavailable',
  'ledger-refused',
  'ledger-schema',
  'tasks-disabled',
] as const;

/** Why nothing was done: one of `RECURRING_ERROR_CODES`. */
export type RecurringErrorCode = (typeof RECURRING_ERROR_CODES)[number];

interface RecurringErrorOptions extends AppErrorOptions<RecurringErrorCode> {
  readonly issues?: readonly ValidationIssue[];
}

/** Something could not be done with a recurring schedule. Unless the code ends in `-unavailable`, it is as it was. */
export class RecurringError extends AppError<RecurringErrorCode> {
  override readonly name = 'RecurringError';
  /** What is wrong with the payload, one entry for each broken rule; empty for the other codes. */
  readonly issues: readonly ValidationIssue[];

  constructor(message: string, { issues = [], ...options }: RecurringErrorOptions) {
    super(message, options);
    this.issues = issues;
  }
}

/** The error for a Redis or a ledger that did not answer in time or refused, or tasks that are switched off. */
export const toRecurringFailure = toFailureOf(RecurringError);
