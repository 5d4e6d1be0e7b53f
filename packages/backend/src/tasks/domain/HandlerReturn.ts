import { describeValue } from '@core/validation/describeValue';
import { err, ok, type Result } from 'neverthrow';
import { isResult } from './isResult';
import { MAX_DELAY_MS, numberProblem } from './numberRule';
import { TaskError, type TaskErrorCode } from './TaskError';
import { toTaskError } from './toTaskError';

const WORKER_CODES: ReadonlySet<TaskErrorCode> = new Set(['shutdown', 'lost-lock', 'cancelled']);

const checkCode = (error: TaskError): TaskError => {
  // Only the worker knows that it stops, that it lost the task, or that somebody cancelled it: one that claims it would be
  // given back again and again, or end without having done its work. It may be the reason of its signal, passed on.
  if (WORKER_CODES.has(error.code)) return new TaskError(error.message, error.metadata, { cause: error });
  if (error.code !== 'retry-later') return error;
  const problem = numberProblem('delayMs of TaskError.retryLater', error.snoozeMs, {
    min: 0,
    max: MAX_DELAY_MS,
  });
  return problem === undefined ? error : new TaskError(problem, {}, { cause: error });
};

/** The error for a handler that returned something else than a `Result`. */
export const toNoResult = (returned: unknown): TaskError => {
  const message = `expected the handler to return ok(...) or err(...), got ${describeValue(returned)}`;
  return new TaskError(message, {}, { code: 'invalid-output' });
};

const normalise = (returned: unknown): Result<unknown, TaskError> => {
  if (!isResult(returned)) return err(toNoResult(returned));
  return returned.isOk() ? ok(returned.value) : err(checkCode(toTaskError(returned.error)));
};

/**
 * Calls a handler and makes a `Result` of whatever it does: a value, a throw, a rejection, `undefined`, a frozen error,
 * an object that only looks like a result. The promise never rejects.
 */
export const callHandler = async (handler: () => unknown): Promise<Result<unknown, TaskError>> => {
  try {
    return normalise(await handler());
  } catch (thrown) {
    return err(checkCode(toTaskError(thrown)));
  }
};
