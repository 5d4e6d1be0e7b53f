import { suggestion } from './nearestName';
import { type NumberRule, numberProblem } from './numberRule';

/** Data of an unknown shape. */
export type Fields = Readonly<Record<string, unknown>>;

/** Says whether a value is an object with fields: no list, not null. */
export const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Says for every given field that is not a known one so, with the nearest known name. */
export const unknownFieldProblems = (given: Fields, known: readonly string[], prefix = ''): string[] =>
  Object.keys(given)
    .filter((field) => !known.includes(field))
    .map((field) => `unknown option ${prefix}${field}.${suggestion(field, known)}`);

/** Checks the given fields that must be whole numbers in a range; a field that is left out is fine. */
export const numberFieldProblems = (
  given: Fields,
  rules: Readonly<Record<string, NumberRule>>,
  prefix = '',
): string[] =>
  Object.entries(rules).flatMap(([field, rule]) =>
    given[field] === undefined ? [] : (numberProblem(prefix + field, given[field], rule) ?? []),
  );
