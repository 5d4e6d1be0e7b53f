import { err, ok, type Result } from 'neverthrow';
import { toCancelledError } from '../domain/CancelRequest';
import { TaskError } from '../domain/TaskError';
import { type Attempt } from './Attempt';

/** A task that was asked to stop does not begin: its worker died, or gave it back at the same moment. */
export const checkCancelled = ({ delivery }: Attempt): Result<void, TaskError> => {
  const { request } = delivery.cancellation;
  return request === undefined ? ok() : err(toCancelledError(request));
};

const checkCrashes = ({ plan, environment }: Attempt): Result<void, TaskError> => {
  if (plan.crashCount >= environment.maxCrashes) {
    const message = `the worker died ${plan.crashCount} times while it ran this task`;
    return err(new TaskError(message, {}, { code: 'crash-loop' }));
  }
  // Without a crash somebody has asked for one more attempt by hand, with BullMQ's own retry.
  if (plan.attempt <= plan.maxAttempts || plan.crashCount === 0) return ok();
  const message = `the worker died during attempt ${plan.attempt - 1} of ${plan.maxAttempts}`;
  return err(new TaskError(message, {}, { code: 'crashed' }));
};

/** Only before the first attempt: a task that has been tried goes on to its end. */
const checkExpiry = ({ plan, envelope, startedAt }: Attempt): Result<void, TaskError> => {
  const { expiresAtMs } = envelope;
  if (expiresAtMs === undefined || startedAt.getTime() <= expiresAtMs) return ok();
  if (plan.attempt > 1) return ok();
  const message = `the task was to start before ${new Date(expiresAtMs).toISOString()}`;
  return err(new TaskError(message, {}, { code: 'expired' }));
};

/** Whether an attempt may begin: not of a task that was cancelled, that keeps killing its workers, or that came too late. */
export const checkStartable = (attempt: Attempt): Result<void, TaskError> =>
  checkCancelled(attempt)
    .andThen(() => checkCrashes(attempt))
    .andThen(() => checkExpiry(attempt));
