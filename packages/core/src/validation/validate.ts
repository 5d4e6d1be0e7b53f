import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { isSensitiveKey } from '../domain/SensitiveKey';
import { describeUnknown } from '../errors/describeUnknown';
import { ValidationError, type ValidationIssue } from '../errors/ValidationError';
import { describeValue } from './describeValue';

const shownIssueCount = 10;

/**
 * Checks data against a zod schema and gives back what the schema makes of it (defaults and transforms applied).
 * Never throws: a check that throws, a getter that throws and a schema with asynchronous checks all end in the error.
 *
 * @returns `ValidationError` with every broken rule. Its message shows up to 10 of them, each with the field, the
 *   rule and the value; values below a key such as `password` or `token` are redacted.
 */
export const validate = <S extends z.ZodType>(
  schema: S,
  data: unknown,
): Result<z.output<S>, ValidationError> => {
  try {
    const parsed = schema.safeParse(data);
    return parsed.success ? ok(parsed.data) : err(toValidationError(parsed.error, data));
  } catch (thrown) {
    return err(toThrownError(thrown));
  }
};

const toValidationError = (error: z.ZodError, data: unknown): ValidationError => {
  const shown = error.issues.slice(0, shownIssueCount).map((issue) => describeIssue(issue, data));
  const hiddenCount = error.issues.length - shown.length;
  const more = hiddenCount > 0 ? `; and ${hiddenCount} more` : '';
  return new ValidationError(`expected valid data: ${shown.join('; ')}${more}`, error.issues.map(toIssue));
};

const toIssue = ({ path, message }: z.core.$ZodIssue): ValidationIssue => ({
  path: z.core.toDotPath(path),
  message,
});

const describeIssue = (issue: z.core.$ZodIssue, data: unknown): string => {
  const { path, message } = toIssue(issue);
  return `${path === '' ? '' : `${path}: `}${message}, got ${describeValueAt(issue.path, data)}`;
};

const describeValueAt = (path: readonly PropertyKey[], data: unknown): string => {
  if (path.some((key) => isSensitiveKey(String(key)))) return '[redacted]';
  try {
    return describeValue(path.reduce<unknown>(readKey, data));
  } catch {
    // The schema could read it, but a second look threw: a getter that answers only once.
    return 'an unreadable value';
  }
};

const readKey = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

const toThrownError = (thrown: unknown): ValidationError => {
  const rule =
    thrown instanceof z.core.$ZodAsyncError
      ? 'the schema has asynchronous checks, which cannot run here: use synchronous ones'
      : `reading or checking it threw: ${describeUnknown(thrown)}`;
  return new ValidationError(`expected valid data: ${rule}`, [{ path: '', message: rule }], {
    cause: thrown,
  });
};
