import { AppError, type AppErrorOptions } from '@core/errors/AppError';
import { type TaskId } from './TaskId';
import { type StoredTaskError } from './TaskRecord';

/**
 * Why a child has no value.
 *
 * - `failed`: it is a dead letter; `failure` says why.
 * - `cancelled`: somebody cancelled it; `metadata.reason` says why, if they did.
 * - `expired`: it had not begun when its `expiresInMs` was over.
 * - `removed`: Redis holds it no more: it was deleted, or has ended and its retention was over before anybody looked.
 * - `timed-out`: it had not ended within the run's `timeoutMs`; it is cancelled.
 * - `queue-unavailable`: Redis was silent or refused until the run's `timeoutMs` was over.
 * - `invalid-payload`, `invalid-options`, `invalid-task`: the call is wrong, as in `ScheduleError`. Correct it.
 * - `too-many`: a run has at most 1,000 calls. Split it.
 * - `never-runs`: the child could never begin, or is nested too deeply; the message says why.
 * - `not-scheduled`: another call of the same run is refused, so nothing was scheduled.
 * - `not-in-worker`: the handler was called by hand. The testing kit runs children.
 */
export const CHILD_ERROR_CODES = [
  'failed',
  'cancelled',
  'expired',
  'removed',
  'timed-out',
  'queue-unavailable',
  'invalid-payload',
  'invalid-options',
  'invalid-task',
  'too-many',
  'never-runs',
  'not-scheduled',
  'not-in-worker',
] as const;

/** Why a child has no value: one of `CHILD_ERROR_CODES`. */
export type ChildErrorCode = (typeof CHILD_ERROR_CODES)[number];

interface ChildErrorOptions extends AppErrorOptions<ChildErrorCode> {
  readonly taskName: string;
  readonly taskId?: TaskId | undefined;
  readonly failure?: StoredTaskError | undefined;
}

/** A child has no value. `err(error)` hands it on: it is a failure of the parent like any other. */
export class ChildError extends AppError<ChildErrorCode> {
  override readonly name = 'ChildError';
  /** The `queueName` of the child's definition. */
  readonly taskName: string;
  /** Absent when it was not scheduled. */
  readonly taskId: TaskId | undefined;
  /** Why the child's last attempt failed; only with the codes `failed` and `expired`. */
  readonly failure: StoredTaskError | undefined;

  constructor(message: string, { taskName, taskId, failure, ...options }: ChildErrorOptions) {
    super(message, options);
    this.taskName = taskName;
    this.taskId = taskId;
    this.failure = failure;
  }
}
