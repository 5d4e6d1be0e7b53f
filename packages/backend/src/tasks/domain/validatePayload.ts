import { type ValidationIssue } from '@core/errors/ValidationError';
import { describeValue } from '@core/validation/describeValue';
import { err, ok, type Result } from 'neverthrow';
import { isResult } from './isResult';
import { type TaskDefinition } from './TaskDefinition';
import { TaskError } from './TaskError';
import { toTaskError } from './toTaskError';

/**
 * Asks a task's validator, which is user code, about a payload. Never throws: whatever it throws or returns instead of a
 * `Result` ends in a `TaskError` with code `invalid-payload` and the issues as `metadata.issues`, if there are any.
 */
export const validatePayload = (task: TaskDefinition<unknown>, data: unknown): Result<unknown, TaskError> => {
  try {
    const returned: unknown = task.validator(data);
    if (!isResult(returned)) return err(invalidPayload(describeNoResult(returned)));
    return returned.isOk() ? ok(returned.value) : err(toInvalidPayload(toTaskError(returned.error)));
  } catch (thrown) {
    const { message } = toTaskError(thrown);
    return err(invalidPayload(`the validator threw: ${message}`, { cause: thrown }));
  }
};

const invalidPayload = (
  message: string,
  { cause, issues }: { readonly cause?: unknown; readonly issues?: readonly ValidationIssue[] } = {},
): TaskError =>
  new TaskError(message, issues === undefined ? {} : { issues }, { code: 'invalid-payload', cause });

const describeNoResult = (returned: unknown): string => {
  const expectation = 'expected the validator to return ok(payload) or err(error)';
  if (!(returned instanceof Promise)) return `${expectation}, got ${describeValue(returned)}`;
  // Nobody waits for it: without this its rejection would end the process.
  returned.catch(() => undefined);
  return `${expectation}, got a promise: a validator is synchronous`;
};

const toInvalidPayload = (error: TaskError): TaskError => {
  const { cause = error } = error;
  const issues = issuesOf(cause);
  return invalidPayload(error.message, { cause, ...(issues === undefined ? {} : { issues }) });
};

/** The issues of a `ValidationError`, or of a plain `ZodError`, whose paths are lists. */
const issuesOf = (error: unknown): readonly ValidationIssue[] | undefined => {
  const issues: unknown = error instanceof Error ? Reflect.get(error, 'issues') : undefined;
  return Array.isArray(issues) ? issues.map(toIssue) : undefined;
};

const toIssue = (issue: Partial<Record<keyof ValidationIssue, unknown>> | null): ValidationIssue => {
  const path = issue?.path;
  return {
    path: Array.isArray(path) ? path.map(String).join('.') : String(path ?? ''),
    message: String(issue?.message ?? 'invalid'),
  };
};
