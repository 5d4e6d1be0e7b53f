import { type Result } from 'neverthrow';

/** Says whether a value is a `Result`, by its shape: a second copy of neverthrow makes another class. May throw. */
export const isResult = (value: unknown): value is Result<unknown, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  'isOk' in value &&
  typeof value.isOk === 'function' &&
  'isErr' in value &&
  typeof value.isErr === 'function';
