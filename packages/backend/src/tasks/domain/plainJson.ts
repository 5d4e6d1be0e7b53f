/** What is left of a size limit while a value is walked. */
interface Budget {
  bytes: number;
}

const spend = (budget: Budget, bytes: number): boolean => {
  budget.bytes -= bytes;
  return budget.bytes >= 0;
};

const isPlainRecord = (record: object, depth: number, budget: Budget): boolean => {
  const prototype: unknown = Object.getPrototypeOf(record);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key of Object.keys(record)) {
    if (key === '__proto__' || !spend(budget, 6 * key.length + 4)) return false;
    const value: unknown = Reflect.get(record, key);
    if (value !== undefined && !isPlain(value, depth - 1, budget)) return false;
  }
  return true;
};

const isPlainArray = (array: readonly unknown[], depth: number, budget: Budget): boolean => {
  if (Object.getPrototypeOf(array) !== Array.prototype) return false;
  for (let index = 0; index < array.length; index += 1) {
    if (!isPlain(array[index], depth - 1, budget)) return false;
  }
  return true;
};

const isPlain = (value: unknown, depth: number, budget: Budget): boolean => {
  switch (typeof value) {
    case 'string':
      return spend(budget, 6 * value.length + 3);
    case 'number':
      return Number.isFinite(value) && spend(budget, 26);
    case 'boolean':
      return spend(budget, 6);
    case 'object':
      if (value === null) return spend(budget, 5);
      if (depth <= 0 || !spend(budget, 3)) return false;
      return Array.isArray(value) ? isPlainArray(value, depth, budget) : isPlainRecord(value, depth, budget);
    default:
      return false;
  }
};

/**
 * Says quickly that a value is plain JSON data which certainly fits: objects without a class, arrays, texts, finite
 * numbers, booleans, null. No means only that a closer look is needed. May throw what a getter throws.
 *
 * @returns Upper bound of the size as UTF-8 JSON, in bytes; `undefined` when a closer look is needed.
 */
export const plainJsonBytes = (
  value: unknown,
  { maxBytes, maxDepth }: { readonly maxBytes: number; readonly maxDepth: number },
): number | undefined => {
  const budget = { bytes: maxBytes };
  return isPlain(value, maxDepth, budget) ? maxBytes - budget.bytes : undefined;
};
