import { isSensitiveKey } from '@core/domain/SensitiveKey';
import { describeUnknown } from '@core/errors/describeUnknown';
import { type RedactPaths, type RedactPosition, stepInto } from './RedactPaths';

/** Plain data, safe to serialise: no cycles, no getters, no BigInt, nothing secret. */
export type LogFields = Readonly<Record<string, unknown>>;

const maxDepth = 8;
// Keeps a line bounded: eight levels of ten shared references each would be a hundred million values.
const maxValueCount = 10_000;
// One error message of megabytes would be written several times over, as message, stack and cause.
const maxTextLength = 10_000;
const redacted = '[redacted]';
// Keys that each line has anyway: a second one would make the line ambiguous.
const lineKeys: ReadonlySet<string> = new Set(['level', 'time', 'msg']);
// `errors` is that of an AggregateError; `metadata` and `issues` those of AppError.
const errorKeys = ['name', 'message', 'code', 'stack', 'metadata', 'issues', 'errors', 'cause'];

/** One pass over a logged value. */
interface Walk {
  readonly root: RedactPaths;
  readonly ancestors: Set<object>;
  remainingCount: number;
}

interface Place {
  readonly depth: number;
  readonly position: RedactPosition;
}

/**
 * Copies what was given to a log call into plain data. Values of sensitive keys (see `isSensitiveKey`) and of the
 * configured paths become `[redacted]`, cycles `[cyclic]`, what is deeper than 8 levels `[too deep]`, what follows
 * the 10,000th value `[truncated]`; texts are cut after 10,000 characters. The keys `level`, `time` and `msg` get a `_` appended. Never throws.
 */
export const toLogFields = (meta: unknown, root: RedactPaths): LogFields => {
  const copy = copyValue(meta, { depth: 0, position: [root] }, createWalk(root));
  if (copy === undefined || copy === null) return {};
  return isFields(copy) ? renameLineKeys(copy) : { meta: copy };
};

/**
 * Copies a caught value: errors with name, message, code, stack and their causes, anything else as
 * `{ name: 'NonError', message, value }`, so that the field has the same shape on every line. Never throws.
 */
export const toErrorFields = (error: unknown, root: RedactPaths): LogFields => {
  const copy = copyValue(error, { depth: 0, position: [root] }, createWalk(root));
  if (isError(error) && isFields(copy)) return copy;
  return { name: 'NonError', message: describeUnknown(error), ...(isFields(copy) ? { value: copy } : {}) };
};

const createWalk = (root: RedactPaths): Walk => ({
  root,
  ancestors: new Set(),
  remainingCount: maxValueCount,
});

const isFields = (copy: unknown): copy is Record<string, unknown> =>
  typeof copy === 'object' && copy !== null && !Array.isArray(copy);

const renameLineKeys = (fields: Record<string, unknown>): LogFields => {
  for (const key of lineKeys) {
    if (!Object.hasOwn(fields, key)) continue;
    fields[`${key}_`] = fields[key];
    delete fields[key];
  }
  return fields;
};

const copyValue = (value: unknown, place: Place, walk: Walk): unknown => {
  switch (typeof value) {
    case 'string':
      return value.length <= maxTextLength ? value : shorten(value);
    case 'boolean':
    case 'undefined':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return value === null ? null : copyGuarded(value, place, walk);
    case 'function':
      return '[function]';
    default:
      return String(value);
  }
};

const shorten = (text: string): string => `${text.slice(0, maxTextLength)}... [${text.length} characters]`;

const copyGuarded = (value: object, place: Place, walk: Walk): unknown => {
  if (walk.ancestors.has(value)) return '[cyclic]';
  if (place.depth >= maxDepth) return '[too deep]';
  walk.ancestors.add(value);
  try {
    return copyObject(value, place, walk);
  } catch (thrown) {
    return toUnreadable(thrown);
  } finally {
    walk.ancestors.delete(value);
  }
};

const toUnreadable = (thrown: unknown): string => `[unreadable: ${describeUnknown(thrown)}]`;

const copyObject = (value: object, place: Place, walk: Walk): unknown => {
  if (Array.isArray(value)) return copyArray(value, place, walk);
  if (isError(value)) return copyKeys(value, errorKeys, place, walk);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof Map) return copyEntries(value, place, walk);
  if (value instanceof Set) return copyArray([...value], place, walk);
  if (ArrayBuffer.isView(value)) return `[${value.constructor.name} of ${value.byteLength} bytes]`;
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return copyValue(value.toJSON(), { ...place, depth: place.depth + 1 }, walk);
  }
  return copyKeys(value, Object.keys(value), place, walk);
};

const isError = (value: unknown): value is Error => {
  try {
    return value instanceof Error;
  } catch {
    // A revoked Proxy has no prototype to look at.
    return false;
  }
};

const copyArray = (values: readonly unknown[], place: Place, walk: Walk): unknown[] => {
  const copy: unknown[] = [];
  for (let index = 0; index < values.length; index++) {
    if (walk.remainingCount <= 0) return [...copy, '[truncated]'];
    // JSON has no undefined; a hole would shift what follows.
    copy.push(copyMember(String(index), () => values[index], place, walk) ?? null);
  }
  return copy;
};

const copyKeys = (value: object, keys: readonly string[], place: Place, walk: Walk): LogFields => {
  const copy: Record<string, unknown> = {};
  for (const key of keys) {
    if (walk.remainingCount <= 0) return { ...copy, '...': '[truncated]' };
    const member = copyMember(key, () => Reflect.get(value, key), place, walk);
    if (member !== undefined) copy[toSafeKey(key)] = member;
  }
  return copy;
};

const copyEntries = (entries: ReadonlyMap<unknown, unknown>, place: Place, walk: Walk): LogFields => {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    if (walk.remainingCount <= 0) return { ...copy, '...': '[truncated]' };
    const name = describeUnknown(key);
    copy[toSafeKey(name)] = copyMember(name, () => value, place, walk) ?? null;
  }
  return copy;
};

// Assigning to `__proto__` would change the copy's prototype instead of adding a field.
const toSafeKey = (key: string): string => (key === '__proto__' ? '__proto__ (own)' : key);

const copyMember = (key: string, read: () => unknown, place: Place, walk: Walk): unknown => {
  walk.remainingCount -= 1;
  const position = stepInto(place.position, key, walk.root);
  if (position === 'redacted' || isSensitiveKey(key)) return redacted;
  try {
    return copyValue(read(), { depth: place.depth + 1, position }, walk);
  } catch (thrown) {
    return toUnreadable(thrown);
  }
};
