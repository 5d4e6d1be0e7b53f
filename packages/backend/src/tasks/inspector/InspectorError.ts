import { AppError, type ErrorCause } from '@core/errors/AppError';

/**
 * Why a task could not be read, or not be done again.
 *
 * - `queue-unavailable`: Redis did not answer within two seconds. Try again later.
 * - `unknown-task`: no task has this name; the message suggests the nearest one.
 * - `not-found`: no queue holds a task with this id: it never existed, or its retention is over.
 * - `not-retriable`: the task is neither failed nor cancelled; the message says what it is.
 * - `already-retried`: another task does it again; the message names it. `force: true` retries it once more.
 */
export const INSPECTOR_ERROR_CODES = [
  'queue-unavailable',
  'unknown-task',
  'not-found',
  'not-retriable',
  'already-retried',
] as const;

/** Why nothing could be read: one of `INSPECTOR_ERROR_CODES`. */
export type InspectorErrorCode = (typeof INSPECTOR_ERROR_CODES)[number];

/** Something could not be read from the queues. */
export class InspectorError extends AppError {
  override readonly name = 'InspectorError';
  override readonly code: InspectorErrorCode;

  constructor(message: string, code: InspectorErrorCode, options: ErrorCause = {}) {
    super(message, {}, options);
    this.code = code;
  }
}
