import { TaskError } from './TaskError';
import { textProblem } from './textRule';

/** Somebody wants a task that runs to stop. */
export interface CancelRequest {
  readonly requestedAt: Date;
  /** 1 to 1000 characters, if the caller said why. */
  readonly reason?: string;
}

/** Characters that the reason of a cancellation may have. */
const MAX_REASON_LENGTH = 1000;

/** Says what is wrong with the reason of a cancellation; `undefined` when nothing is. */
export const cancelReasonProblem = (reason: unknown): string | undefined =>
  reason === undefined ? undefined : textProblem('reason', reason, MAX_REASON_LENGTH);

/** What the signal of a cancelled task is aborted with, and what its attempt ends in. */
export const toCancelledError = ({ reason }: CancelRequest): TaskError =>
  new TaskError(
    reason === undefined ? 'the task was cancelled' : `the task was cancelled: ${reason}`,
    reason === undefined ? {} : { reason },
    { code: 'cancelled' },
  );
