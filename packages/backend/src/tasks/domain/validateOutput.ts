import { describeUnknown } from '@core/errors/describeUnknown';
import { validate } from '@core/validation/validate';
import { err, ok, Result } from 'neverthrow';
import { checkJson } from './JsonFidelity';
import { isSkipped } from './Skipped';
import { type TaskDefinition } from './TaskDefinition';
import { TaskError } from './TaskError';

const invalidOutput = (message: string, metadata: Record<string, unknown> = {}): TaskError =>
  new TaskError(message, metadata, { code: 'invalid-output' });

/** A copy as JSON: the handler may still change its value, or refuse to have it read, while Redis is waited for. */
const toStoredValue = Result.fromThrowable(
  (output: unknown): unknown => (output === undefined ? undefined : JSON.parse(JSON.stringify(output))),
  (thrown) => invalidOutput(`the result cannot be stored: ${describeUnknown(thrown)}`),
);

/**
 * Checks what `ok` carries, and copies it as JSON. Work that is done is never repeated because its result cannot be kept:
 * the error, `invalid-output`, is final.
 *
 * @param maxBytes Of the result as UTF-8 JSON.
 */
export const validateOutput = (
  { output }: Pick<TaskDefinition<unknown>, 'output'>,
  value: unknown,
  maxBytes: number,
): Result<unknown, TaskError> => {
  // Where nothing was done there is nothing for the schema to describe.
  const checked = output === undefined || isSkipped(value) ? ok(value) : validate(output, value);
  if (checked.isErr()) return err(invalidOutput(checked.error.message, { issues: checked.error.issues }));
  const json = checkJson(checked.value, maxBytes);
  if (json.isErr()) return err(invalidOutput(`the result cannot be stored: ${json.error.message}`));
  return toStoredValue(checked.value);
};
