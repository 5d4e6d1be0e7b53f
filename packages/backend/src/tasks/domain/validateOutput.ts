import { validate } from '@core/validation/validate';
import { err, ok, type Result } from 'neverthrow';
import { isSkipped } from './Skipped';
import { type TaskDefinition } from './TaskDefinition';
import { TaskError } from './TaskError';
import { toJsonCopy } from './toJsonCopy';

const invalidOutput = (message: string, metadata: Record<string, unknown> = {}): TaskError =>
  new TaskError(message, metadata, { code: 'invalid-output' });

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
  // A copy: the handler may still change its value, or refuse to have it read, while Redis is waited for.
  return toJsonCopy(checked.value, maxBytes).mapErr((problem) =>
    invalidOutput(`the result cannot be stored: ${problem}`),
  );
};
