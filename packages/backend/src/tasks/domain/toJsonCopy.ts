import { describeUnknown } from '@core/errors/describeUnknown';
import { err, ok, Result } from 'neverthrow';
import { checkJson } from './JsonFidelity';

const copy = Result.fromThrowable(
  (value: unknown): unknown => JSON.parse(JSON.stringify(value)),
  (thrown) => `it cannot be copied (${describeUnknown(thrown)})`,
);

/**
 * Copies a value as JSON carries it, so that its maker may go on changing it; `undefined` stays. Never throws.
 *
 * @returns `err` with what is wrong: see `checkJson`.
 */
export const toJsonCopy = (value: unknown, maxBytes: number): Result<unknown, string> => {
  if (value === undefined) return ok(undefined);
  const checked = checkJson(value, maxBytes);
  return checked.isErr() ? err(checked.error.message) : copy(value);
};
