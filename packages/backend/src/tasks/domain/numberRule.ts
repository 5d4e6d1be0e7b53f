/** A whole number between two bounds, both allowed. */
export interface NumberRule {
  readonly min: number;
  readonly max: number;
}

/** The longest delay or wait anything may ask for: 10 years, in milliseconds. */
export const MAX_DELAY_MS = 10 * 365 * 24 * 60 * 60 * 1000;

/** The longest timer JavaScript has: 2^31 - 1 milliseconds, about 24.8 days. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Attempts of a task, the first included. */
export const ATTEMPTS: NumberRule = { min: 1, max: 1000 };

/** Milliseconds that a task is put off by. */
export const DELAY: NumberRule = { min: 0, max: MAX_DELAY_MS };

/** Milliseconds that a timer runs. */
export const TIMER: NumberRule = { min: 1, max: MAX_TIMER_MS };

/** Shows a refused value in an error message, whatever it is. */
export const showValue = (value: unknown): string => {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid date' : value.toISOString();
    return (JSON.stringify(value) ?? String(value)).slice(0, 80);
  } catch {
    // A cycle, a BigInt inside, a getter that throws: its type says enough.
    return `a value of type ${typeof value}`;
  }
};

/** Says what is wrong with a value that must be a whole number in a range, or `undefined`. */
export const numberProblem = (field: string, value: unknown, { min, max }: NumberRule): string | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
    ? undefined
    : `expected ${field} to be an integer from ${min} to ${max}, got ${showValue(value)}`;
