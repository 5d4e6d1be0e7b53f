import { AppError } from '@core/errors/AppError';

/**
 * Why a lock was neither taken nor refused.
 *
 * - `invalid-lock`: key, holder or ttlMs breaks a rule; the message names all. Nothing has reached Redis. Correct it.
 * - `queue-unavailable`: Redis did not answer within two seconds, or refused. Whether the command took effect is unknown:
 *   hold nothing for yours until a call says so. The same holder may ask again, or release.
 * - `tasks-disabled`: `TASKS_ENABLED` is false; Redis was not asked. Nobody holds anything.
 */
export const TASK_LOCK_ERROR_CODES = ['invalid-lock', 'queue-unavailable', 'tasks-disabled'] as const;

/** Why a lock was neither taken nor refused: one of `TASK_LOCK_ERROR_CODES`. */
export type TaskLockErrorCode = (typeof TASK_LOCK_ERROR_CODES)[number];

/** A question about a lock has no answer. */
export class TaskLockError extends AppError<TaskLockErrorCode> {
  override readonly name = 'TaskLockError';
}
