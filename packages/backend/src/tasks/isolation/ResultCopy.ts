import { err, ok, type Result } from 'neverthrow';
import { type ErrorCopy, fromErrorCopy, toErrorCopy } from './ErrorCopy';

/** A `Result` as JSON, for another process. */
export type ResultCopy =
  | { readonly kind: 'ok'; readonly value?: unknown }
  | { readonly kind: 'err'; readonly error: ErrorCopy };

/** Copies a result whose value is JSON. */
export const toResultCopy = (result: Result<unknown, Error>): ResultCopy =>
  result.match<ResultCopy>(
    (value) => ({ kind: 'ok', value }),
    (error) => ({ kind: 'err', error: toErrorCopy(error) }),
  );

/** Makes the result again; its error has the class that it had, where that is one of ours. */
export const fromResultCopy = <Value, Failure>(copy: unknown): Result<Value, Failure> => {
  const given = copy as ResultCopy; // made by toResultCopy at the other end
  return given.kind === 'ok' ? ok(given.value as Value) : err(fromErrorCopy(given.error) as Failure);
};
