import { type ValidationIssue } from '@core/errors/ValidationError';
import { err, ok, type Result } from 'neverthrow';
import { checkJson } from '../domain/JsonFidelity';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { ScheduleError } from './ScheduleError';

const issuesOf = (error: Error): readonly ValidationIssue[] => {
  const issues: unknown = Reflect.get(error, 'issues');
  return Array.isArray(issues) ? issues : [{ path: '', message: error.message }];
};

const refuse = (taskName: string, message: string, issues: readonly ValidationIssue[], cause?: unknown) =>
  err(
    new ScheduleError(`the payload of ${taskName} is refused: ${message}`, {
      code: 'invalid-payload',
      issues,
      cause,
    }),
  );

const runValidator = (task: TaskDefinition<unknown>, data: unknown): Result<unknown, Error> => {
  try {
    const result: unknown = task.validator(data);
    if (isResult(result)) return result;
    return err(new Error('expected the validator to return ok(payload) or err(error)'));
  } catch (thrown) {
    return err(new Error('the validator threw', { cause: thrown }));
  }
};

const isResult = (value: unknown): value is Result<unknown, Error> =>
  typeof value === 'object' && value !== null && 'isOk' in value && typeof value.isOk === 'function';

/** What Redis would give back: the same value after a round through JSON. */
const throughJson = (payload: unknown): unknown => JSON.parse(JSON.stringify(payload ?? null));

/**
 * Checks a payload before anything is written: its schema first, then that JSON carries it. Where an object changes in
 * JSON, as a `Date` does, the schema must accept what the worker will read back.
 */
export const checkPayload = (
  task: TaskDefinition<unknown>,
  payload: unknown,
  maxBytes: number,
): Result<void, ScheduleError> => {
  const validated = runValidator(task, payload);
  if (validated.isErr()) {
    return refuse(task.queueName, validated.error.message, issuesOf(validated.error), validated.error);
  }
  const json = checkJson(payload, maxBytes);
  if (json.isErr()) return refuse(task.queueName, json.error.message, [json.error]);
  if (json.value.isExact) return ok();
  const reread = runValidator(task, throughJson(payload));
  if (reread.isOk()) return ok();
  return refuse(
    task.queueName,
    `JSON changes it, and then ${reread.error.message}`,
    issuesOf(reread.error),
    reread.error,
  );
};
