import { AppError, type AppErrorOptions } from '@core/errors/AppError';
import { type StoredTaskError } from './TaskRecord';

/**
 * Why a handle has no answer.
 *
 * - `failed`: the task is a dead letter; `failure` says why, `metadata.retriedAs` names the task that does it again.
 * - `expired`: it had not started when its `expiresInMs` was over; it was not run. `failure` and `metadata` as above.
 * - `cancelled`: `metadata.reason` says why, if the caller did; `metadata.retriedAs` as above.
 * - `removed`: neither Redis nor the ledger, where there is one, holds such a task: it never existed,
 *   the transaction that scheduled it is open or was rolled back, or its retention is over.
 * - `timed-out`: it has not ended within `timeoutMs`; it goes on. Ask again.
 * - `queue-unavailable`: Redis did not answer, or refused, or it does not hold the task and the ledger did not answer; the task
 *   goes on. Try again later.
 * - `tasks-disabled`: `TASKS_ENABLED` is false; Redis was not asked.
 * - `invalid-options`: the id, the definition or an option is wrong; the message lists all. Correct it.
 */
export const TASK_RESULT_ERROR_CODES = [
  'failed',
  'expired',
  'cancelled',
  'removed',
  'timed-out',
  'queue-unavailable',
  'tasks-disabled',
  'invalid-options',
] as const;

/** Why a handle has no answer: one of `TASK_RESULT_ERROR_CODES`. */
export type TaskResultErrorCode = (typeof TASK_RESULT_ERROR_CODES)[number];

interface TaskResultErrorOptions extends AppErrorOptions<TaskResultErrorCode> {
  readonly failure?: StoredTaskError | undefined;
}

/** A task has no value, or nothing could be learnt of it. */
export class TaskResultError extends AppError<TaskResultErrorCode> {
  override readonly name = 'TaskResultError';
  /** Why the task's last attempt failed; only with the codes `failed` and `expired`. */
  readonly failure: StoredTaskError | undefined;

  constructor(message: string, { failure, ...options }: TaskResultErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
