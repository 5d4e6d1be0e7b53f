import { type ValidationIssue } from '@core/errors/ValidationError';
import { err, ok, type Result } from 'neverthrow';
import { checkJson } from '../domain/JsonFidelity';
import { ScheduleError } from '../domain/ScheduleError';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskError } from '../domain/TaskError';
import { validatePayload } from '../domain/validatePayload';

/**
 * Checks a payload before anything is written: its schema first, then that JSON carries it. Where an object changes in
 * JSON, as a `Date` does, the schema must accept what the worker will read back.
 *
 * @returns What to store: the payload, or its copy as JSON where that differs.
 */
export const checkPayload = (
  task: TaskDefinition<unknown>,
  payload: unknown,
  maxBytes: number,
): Result<unknown, ScheduleError> => {
  const { queueName } = task;
  const validated = validatePayload(task, payload);
  if (validated.isErr()) return refuseInvalid(queueName, validated.error);
  const json = checkJson(payload, maxBytes);
  if (json.isErr()) return refuse(queueName, { message: json.error.message, issues: [json.error] });
  if (json.value.isExact) return ok(payload ?? null);
  const stored = throughJson(payload);
  const reread = validatePayload(task, stored);
  return reread.isOk() ? ok(stored) : refuseInvalid(queueName, reread.error, 'JSON changes it, and then ');
};

interface Refusal {
  readonly message: string;
  readonly issues: readonly ValidationIssue[];
  readonly cause?: unknown;
}

const refuse = (taskName: string, { message, issues, cause }: Refusal) =>
  err(
    new ScheduleError(`the payload of ${taskName} is refused: ${message}`, {
      code: 'invalid-payload',
      issues,
      cause,
    }),
  );

const refuseInvalid = (taskName: string, { message, metadata, cause }: TaskError, prefix = '') => {
  const { issues = [{ path: '', message }] } = metadata as { readonly issues?: readonly ValidationIssue[] }; // validatePayload made it
  return refuse(taskName, { message: prefix + message, issues, cause });
};

/** What Redis would give back: the same value after a round through JSON. */
const throughJson = (payload: unknown): unknown => JSON.parse(JSON.stringify(payload ?? null));
