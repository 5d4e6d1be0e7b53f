import { isDeepStrictEqual } from 'node:util';
import { describePlain } from '../describePlain';

/** Where two values differ first. */
export interface Difference {
  /** Such as `charges[1].amount`; empty for the values themselves. */
  readonly path: string;
  /** Shown in one line; `nothing` where there is none. */
  readonly expected: string;
  readonly got: string;
}

/** A place in a value that is not there. */
const NOTHING = Symbol('nothing');

const show = (value: unknown): string => (value === NOTHING ? 'nothing' : describePlain(value));

type Part = readonly [path: string, value: unknown];

/** The parts of a value that has some, in their order. */
const partsOf = (value: unknown, path: string): readonly Part[] | undefined => {
  if (Array.isArray(value)) return value.map((item, index): Part => [`${path}[${index}]`, item]);
  if (value instanceof Set) return partsOf([...value], path);
  if (value instanceof Map)
    return [...value].map(([key, item]): Part => [`${path}[${describePlain(key)}]`, item]);
  if (typeof value !== 'object' || value === null || value instanceof Date) return undefined;
  return Object.entries(value).map(([key, item]): Part => [path === '' ? key : `${path}.${key}`, item]);
};

/** Finds the first place where two values differ: lists item by item, objects field by field, Maps and Sets in their order. */
export const findFirstDifference = (expected: unknown, got: unknown, path = ''): Difference | undefined => {
  if (isDeepStrictEqual(expected, got)) return undefined;
  const [expectedParts, gotParts] = [partsOf(expected, path), partsOf(got, path)];
  if (expectedParts !== undefined && gotParts !== undefined) {
    const [before, after] = [new Map(expectedParts), new Map(gotParts)];
    for (const part of new Set([...before.keys(), ...after.keys()])) {
      const difference = findFirstDifference(read(before, part), read(after, part), part);
      if (difference !== undefined) return difference;
    }
  }
  return { path, expected: show(expected), got: show(got) };
};

const read = (parts: ReadonlyMap<string, unknown>, part: string): unknown =>
  parts.has(part) ? parts.get(part) : NOTHING;
