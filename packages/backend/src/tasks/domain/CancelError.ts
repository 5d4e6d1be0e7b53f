import { AppError } from '@core/errors/AppError';

/**
 * Why a task could not be cancelled.
 *
 * - `not-cancellable`: it has ended; the message and `metadata.status` say how.
 * - `not-found`: neither Redis nor the ledger, where there is one, holds such a task: it never existed, or its retention is over.
 * - `invalid-options`: the id or the definition that the handle was made of is wrong; the message lists all. Correct it.
 * - `invalid-reason`: the reason is no text of 1 to 1000 characters.
 * - `queue-unavailable`: Redis did not answer, or refused, and the task may be cancelled; or no queue holds it, and it begins and ends
 *   attempts meanwhile. Ask again: that is harmless.
 * - `ledger-unavailable`: it is cancelled on its queue (`metadata.status` is `cancelled`), or on none, and the ledger did not
 *   answer: it may run, if Redis loses its data or the ledger has it. Ask again: that is harmless.
 * - `tasks-disabled`: `TASKS_ENABLED` is false; neither Redis nor the ledger was asked.
 */
export const CANCEL_ERROR_CODES = [
  'not-cancellable',
  'not-found',
  'invalid-options',
  'invalid-reason',
  'queue-unavailable',
  'ledger-unavailable',
  'tasks-disabled',
] as const;

/** Why a task could not be cancelled: one of `CANCEL_ERROR_CODES`. */
export type CancelErrorCode = (typeof CANCEL_ERROR_CODES)[number];

/** A task was not cancelled, or it is not known whether it was. */
export class CancelError extends AppError<CancelErrorCode> {
  override readonly name = 'CancelError';
}
