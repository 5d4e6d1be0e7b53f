import { AppError, type ErrorCause } from '@core/errors/AppError';
import { type TriggerEvent } from './TaskTrigger';

/**
 * Why a trigger did not schedule its task.
 *
 * - `condition-failed`: `when` threw, or answered something other than true and false.
 * - `transform-failed`: `transform` threw, or answered a promise.
 * - `not-scheduled`: the scheduler refused, or could not reach Redis; `cause` is its `ScheduleError`. Its `isUnknown` and
 *   `taskId` are in `metadata` too: when `isUnknown` is true the task was sent and its receipt lost, so it may run, under
 *   that id; whoever schedules it by hand may make it run twice.
 */
export const TRIGGER_ERROR_CODES = ['condition-failed', 'transform-failed', 'not-scheduled'] as const;

/** Why a trigger did not schedule its task: one of `TRIGGER_ERROR_CODES`. */
export type TriggerErrorCode = (typeof TRIGGER_ERROR_CODES)[number];

/** Which trigger failed. */
export interface TriggerFailure extends ErrorCause {
  readonly code: TriggerErrorCode;
  readonly event: TriggerEvent;
  readonly resource: string;
  readonly taskName: string;
  /** What is known of a task that was sent to Redis. */
  readonly receipt?: { readonly isUnknown: boolean; readonly taskId: unknown } | undefined;
}

/**
 * A task that a write should have triggered was not scheduled, or nobody knows whether it was (`metadata.isUnknown`). The
 * write itself is done, and stays done.
 */
export class TriggerError extends AppError<TriggerErrorCode> {
  override readonly name = 'TriggerError';

  constructor(reason: string, { code, event, resource, taskName, receipt, cause }: TriggerFailure) {
    const metadata = { event, resource, taskName, ...receipt };
    const verdict = receipt?.isUnknown === true ? 'may not have triggered' : 'did not trigger';
    const message = `the ${event} of ${resource} is done, but ${verdict} ${taskName}: ${reason}`;
    super(message, { code, metadata, cause });
  }
}
