import { describeUnknown } from '@core/errors/describeUnknown';
import { err, ok, type Result } from 'neverthrow';
import { plainJsonBytes } from './plainJson';

/** Deepest nesting of objects and arrays that is stored. */
export const MAX_JSON_DEPTH = 100;

/** A place in a value that JSON cannot carry faithfully. */
export interface JsonProblem {
  /** Where, such as `items[2].price`; empty for the value itself. */
  readonly path: string;
  /** What was expected and what was found there. */
  readonly message: string;
}

/** What is known of a value that JSON can carry. */
export interface JsonFidelity {
  /** False when an object changes on the way, such as a `Date` that becomes a string. */
  readonly isExact: boolean;
  /** Upper bound of the size as UTF-8 JSON, in bytes. */
  readonly maxBytes: number;
}

interface Walk {
  isExact: boolean;
  maxBytes: number;
  valueCount: number;
  readonly limitBytes: number;
  readonly open: Set<object>;
}

type AnyClass = (abstract new (...args: never[]) => object) | ((...args: never[]) => unknown);

/** Objects that JSON turns into `{}`, into a list of digits or into a primitive without an error, and `Object(1n)`. */
const LOST_TYPES: readonly AnyClass[] = [
  Map,
  Set,
  WeakMap,
  WeakSet,
  RegExp,
  Promise,
  Error,
  ArrayBuffer,
  SharedArrayBuffer,
  Number,
  String,
  Boolean,
  BigInt,
  Symbol,
];

const at = (path: string, key: string | number): string => {
  if (typeof key === 'number') return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
};

const problem = (path: string, got: string): JsonProblem => ({
  path,
  message: `expected ${path === '' ? 'the value' : path} to be something JSON carries unchanged, got ${got}`,
});

const tooLarge = (limitBytes: number, got: number | 'more'): JsonProblem => ({
  path: '',
  message: `expected at most ${limitBytes} bytes of JSON, got ${got}`,
});

const walkNumber = (value: number, path: string, walk: Walk): JsonProblem | undefined => {
  walk.maxBytes += 25;
  return Number.isFinite(value) ? undefined : problem(path, String(value));
};

const walkArray = (array: readonly unknown[], path: string, walk: Walk): JsonProblem | undefined => {
  for (let index = 0; index < array.length; index += 1) {
    if (array[index] === undefined) return problem(at(path, index), 'undefined in an array');
    const found = walkValue(array[index], at(path, index), walk);
    if (found !== undefined) return found;
    walk.maxBytes += 1;
  }
  return undefined;
};

const walkRecord = (record: object, path: string, walk: Walk): JsonProblem | undefined => {
  for (const key of Object.keys(record)) {
    if (key === '__proto__') return problem(at(path, key), 'an own key named __proto__');
    const value: unknown = Reflect.get(record, key);
    if (value === undefined) continue;
    walk.maxBytes += 6 * key.length + 4;
    const found = walkValue(value, at(path, key), walk);
    if (found !== undefined) return found;
  }
  return undefined;
};

const walkToJson = (
  value: object,
  toJson: () => unknown,
  path: string,
  walk: Walk,
): JsonProblem | undefined => {
  if (value instanceof Date && Number.isNaN(value.getTime())) return problem(path, 'an invalid date');
  walk.isExact = false;
  const replacement = toJson.call(value);
  return replacement === undefined
    ? problem(path, 'a toJSON that answers undefined')
    : walkValue(replacement, path, walk);
};

const walkObject = (value: object, path: string, walk: Walk): JsonProblem | undefined => {
  if (walk.open.has(value)) return problem(path, 'a cycle');
  if (walk.open.size >= MAX_JSON_DEPTH) return problem(path, `more than ${MAX_JSON_DEPTH} levels of nesting`);
  const lost = ArrayBuffer.isView(value)
    ? value.constructor
    : LOST_TYPES.find((type) => value instanceof type);
  if (lost !== undefined) return problem(path, `a ${lost.name}`);
  walk.open.add(value);
  walk.maxBytes += 2;
  const toJson: unknown = Reflect.get(value, 'toJSON');
  const found =
    typeof toJson === 'function'
      ? walkToJson(value, toJson as () => unknown, path, walk) // JSON.stringify calls it the same way
      : Array.isArray(value)
        ? walkArray(value, path, walk)
        : walkRecord(value, path, walk);
  walk.open.delete(value);
  return found;
};

const walkValue = (value: unknown, path: string, walk: Walk): JsonProblem | undefined => {
  walk.valueCount += 1;
  // Each value takes a byte at least. Without this an array that is shared at each of 100 levels is walked 2^100 times.
  if (walk.valueCount > walk.limitBytes) return tooLarge(walk.limitBytes, 'more');
  switch (typeof value) {
    case 'string':
      walk.maxBytes += 6 * value.length + 2;
      return undefined;
    case 'number':
      return walkNumber(value, path, walk);
    case 'boolean':
    case 'undefined':
      walk.maxBytes += 5;
      return undefined;
    case 'object':
      if (value !== null) return walkObject(value, path, walk);
      walk.maxBytes += 4;
      return undefined;
    default:
      return problem(path, `a ${typeof value}`);
  }
};

const measureExactly = (value: unknown, fidelity: JsonFidelity, maxBytes: number): number =>
  fidelity.maxBytes <= maxBytes ? fidelity.maxBytes : Buffer.byteLength(JSON.stringify(value) ?? '', 'utf8');

/**
 * Checks that a value survives JSON: no NaN, BigInt, function, symbol, cycle, `Map` or the like, no undefined in
 * arrays, no own `__proto__` key, at most 100 levels and `maxBytes` of UTF-8. A property that is undefined is
 * dropped, as everywhere in JavaScript. Never throws: a getter or `toJSON` that does is a problem like the others.
 */
export const checkJson = (value: unknown, maxBytes: number): Result<JsonFidelity, JsonProblem> => {
  try {
    const plainBytes = plainJsonBytes(value, { maxBytes, maxDepth: MAX_JSON_DEPTH });
    if (plainBytes !== undefined) return ok({ isExact: true, maxBytes: plainBytes });
    const walk: Walk = { isExact: true, maxBytes: 0, valueCount: 0, limitBytes: maxBytes, open: new Set() };
    const found = walkValue(value, '', walk);
    if (found !== undefined) return err(found);
    const fidelity = { isExact: walk.isExact, maxBytes: walk.maxBytes };
    const bytes = measureExactly(value, fidelity, maxBytes);
    if (bytes <= maxBytes) return ok(fidelity);
    return err(tooLarge(maxBytes, bytes));
  } catch (error) {
    return err(problem('', `a value that cannot be read (${describeUnknown(error)})`));
  }
};
