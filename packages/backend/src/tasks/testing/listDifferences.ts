import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../domain/fieldProblems';
import { describePlain } from './describePlain';

/** What is expected of a value: fields of objects may be left out at any depth, and a function is asked about what it gets. */
export type Expected<T> =
  | ((value: T) => boolean)
  | (T extends readonly unknown[] | Date
      ? T
      : T extends object
        ? { readonly [Field in keyof T]?: Expected<T[Field]> }
        : T);

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value));

/**
 * Lists where a value differs from what is expected of it, one sentence each. What `expected` does not name may be
 * anything; lists have the same length. A function is asked.
 *
 * @param path What the value is called in the sentences.
 */
export const listDifferences = (expected: unknown, got: unknown, path: string): readonly string[] => {
  const difference = [`${path}: expected ${describePlain(expected)}, got ${describePlain(got)}`];
  if (typeof expected === 'function') return expected(got) === true ? [] : difference;
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) return difference;
    return expected.flatMap((item, index) => listDifferences(item, got[index], `${path}[${index}]`));
  }
  if (!isPlain(expected)) return isDeepStrictEqual(expected, got) ? [] : difference;
  if (!isRecord(got)) return difference;
  return Object.entries(expected).flatMap(([field, value]) =>
    listDifferences(value, got[field], `${path}.${field}`),
  );
};
