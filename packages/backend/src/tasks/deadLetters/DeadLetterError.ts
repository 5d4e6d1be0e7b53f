import { AppError } from '@core/errors/AppError';
import { toFailureOf } from '../ledger/toFailureOf';

/**
 * Why a dead letter could not be read, retried or purged.
 *
 * - `queue-unavailable`: Redis did not answer within two seconds, or refused. Try again later: what was begun goes on,
 *   and nothing is done twice.
 * - `ledger-unavailable`: the ledger's database did not answer in time, or takes no writes for now: a letter that Redis does not
 *   hold could not be read, or the new task not be written down. Call again, as above.
 * - `ledger-refused`: the same of a database that said no, and of a letter whose row there cannot be read. Trying again is futile.
 * - `ledger-schema`: its tables are newer than this code, or another program's: update Drover, or set `LEDGER_SCHEMA`.
 * - `tasks-disabled`: `TASKS_ENABLED` is false; Redis was not asked.
 * - `unknown-task`: no task has this name; the message suggests the nearest one.
 * - `invalid-query`: an option or an argument is wrong; the message lists all. Correct the call.
 * - `not-found`: no registered queue holds a task with this id: it never existed, or its retention is over. Of a
 *   retry: nor does the ledger.
 * - `not-failed`: the task is there, and no dead letter; the message says what it is.
 * - `already-retried`: another task does it again; the message names it. `force: true` retries it once more.
 */
export const DEAD_LETTER_ERROR_CODES = [
  'queue-unavailable',
  'ledger-unavailable',
  'ledger-refused',
  'ledger-schema',
  'tasks-disabled',
  'unknown-task',
  'invalid-query',
  'not-found',
  'not-failed',
  'already-retried',
] as const;

/** One of `DEAD_LETTER_ERROR_CODES`. */
export type DeadLetterErrorCode = (typeof DEAD_LETTER_ERROR_CODES)[number];

/** A dead letter could not be read, retried or purged. */
export class DeadLetterError extends AppError<DeadLetterErrorCode> {
  override readonly name = 'DeadLetterError';
}

/** The error for a Redis or a ledger that did not answer or refused, or tasks that are switched off. */
export const toLetterFailure = toFailureOf(DeadLetterError);
