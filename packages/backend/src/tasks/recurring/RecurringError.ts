import { AppError, type ErrorCause } from '@core/errors/AppError';
import { type ValidationIssue } from '@core/errors/ValidationError';

/**
 * Why nothing was done with a recurring schedule.
 *
 * - `invalid-schedule`: timing, options or correlation ID are wrong, or the id is taken; the message lists all. Correct it.
 * - `invalid-payload`: the payload breaks its schema, or JSON cannot carry it; `issues` say where. Correct it.
 * - `invalid-task`: the definition is wrong; the message lists why. Correct it.
 * - `unknown-schedule`: no schedule has this id; the message suggests the nearest one.
 * - `unknown-task`: the list of tasks has no definition of the schedule's task. Add it to `tasks`.
 * - `overlapping`: the schedule skips overlapping runs, and one is unfinished.
 * - `queue-unavailable`: Redis did not answer in time, or refused. Try again later.
 */
export const RECURRING_ERROR_CODES = [
  'invalid-schedule',
  'invalid-payload',
  'invalid-task',
  'unknown-schedule',
  'unknown-task',
  'overlapping',
  'queue-unavailable',
] as const;

/** Why nothing was done: one of `RECURRING_ERROR_CODES`. */
export type RecurringErrorCode = (typeof RECURRING_ERROR_CODES)[number];

interface RecurringErrorOptions extends ErrorCause {
  readonly code: RecurringErrorCode;
  readonly issues?: readonly ValidationIssue[];
}

/** Something could not be done with a recurring schedule; it is as it was. */
export class RecurringError extends AppError {
  override readonly name = 'RecurringError';
  override readonly code: RecurringErrorCode;
  /** What is wrong with the payload, one entry for each broken rule; empty for the other codes. */
  readonly issues: readonly ValidationIssue[];

  constructor(message: string, { code, issues = [], cause }: RecurringErrorOptions) {
    super(message, {}, cause === undefined ? {} : { cause });
    this.code = code;
    this.issues = issues;
  }
}

/** Redis did not answer in time, or refused. */
export const toUnavailable = (cause: Error): RecurringError =>
  new RecurringError(`Redis does not answer: ${cause.message}`, { code: 'queue-unavailable', cause });
