import { AppError } from '@core/errors/AppError';

/**
 * Why an inspector could not answer.
 *
 * - `queue-unavailable`: Redis did not answer within two seconds, or refused; the message says which. Try again later.
 * - `tasks-disabled`: `TASKS_ENABLED` is false; Redis was not asked.
 * - `ledger-disabled`: only the ledger knows this, and there is none: `LEDGER_URL` is `off`. Set it, or do without.
 * - `ledger-unavailable`: the ledger's database did not answer in time, or takes no writes for now. Try again later. Of `cancel`
 *   also when it refused: see `CANCEL_ERROR_CODES`.
 * - `ledger-refused`: it said no, or the task's row there cannot be read. Trying again is futile.
 * - `ledger-schema`: its tables are newer than this code, or another program's: update Drover, or set `LEDGER_SCHEMA`.
 * - `unknown-task`: no task has this name; the message suggests the nearest one.
 * - `not-found`: no queue holds a task with this id, and the ledger, if there is one, does not know it: it never existed, or
 *   its retention is over.
 * - `invalid-query`: a field of the query, or an argument, is wrong; the message lists all. Correct it.
 * - `invalid-reason`: the reason of a cancellation is no text of 1 to 1000 characters.
 * - `not-cancellable`: the task has ended; the message and `metadata.status` say how.
 * - `not-retriable`: the task is neither failed nor cancelled; the message and `metadata.status` say what it is.
 * - `already-retried`: another task does it again; the message and `metadata.retriedAs` name it. `force: true` retries it once more.
 */
export const INSPECTOR_ERROR_CODES = [
  'queue-unavailable',
  'tasks-disabled',
  'ledger-disabled',
  'ledger-unavailable',
  'ledger-refused',
  'ledger-schema',
  'unknown-task',
  'not-found',
  'invalid-query',
  'invalid-reason',
  'not-cancellable',
  'not-retriable',
  'already-retried',
] as const;

/** Why an inspector could not answer: one of `INSPECTOR_ERROR_CODES`. */
export type InspectorErrorCode = (typeof INSPECTOR_ERROR_CODES)[number];

/** Something could not be read from the queues or the ledger, or changed there. */
export class InspectorError extends AppError<InspectorErrorCode> {
  override readonly name = 'InspectorError';
}
