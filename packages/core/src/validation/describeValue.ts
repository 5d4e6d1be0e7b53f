const shownCharacterCount = 60;

const shorten = (text: string): string =>
  text.length <= shownCharacterCount ? text : `${text.slice(0, shownCharacterCount)}...`;

/**
 * Shows a refused value in an error message: strings quoted and cut after 60 characters, objects and arrays by
 * their kind only, since what is inside may be secret. Never throws.
 */
export const describeValue = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (typeof value === 'bigint') return shorten(`${value}n`);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return describeObject(value);
};

const describeObject = (value: object): string => {
  try {
    if (Array.isArray(value)) return `an array of ${value.length}`;
    return value instanceof Date ? `the date ${String(value)}` : 'an object';
  } catch {
    // A revoked Proxy throws even when asked for its kind.
    return 'an unreadable object';
  }
};
