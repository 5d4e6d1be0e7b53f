/**
 * Copies lists and plain objects, at any depth; what is anything else, such as a `Date`, is kept. Throws what a getter
 * throws.
 *
 * @param copies What was copied already, so that a circle ends.
 */
export const copyPlain = (value: unknown, copies: Map<object, unknown> = new Map()): unknown => {
  if (!isPlain(value)) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  const copy: object = Array.isArray(value) ? [] : {};
  copies.set(value, copy);
  for (const [key, each] of Object.entries(value)) Reflect.set(copy, key, copyPlain(each, copies));
  return copy;
};

const isPlain = (value: unknown): value is object => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
};
