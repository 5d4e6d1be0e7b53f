import { showValue } from './numberRule';

/**
 * Says what is wrong with a text that must have 1 to `maxLength` characters, or `undefined`. Half of a character, as a cut in
 * the middle of an emoji leaves it, is refused: on their way to Redis all halves become the same, and two texts one.
 */
export const textProblem = (field: string, value: unknown, maxLength: number): string | undefined => {
  if (typeof value !== 'string' || value.length < 1 || value.length > maxLength)
    return `expected ${field} to be a text of 1 to ${maxLength} characters, got ${showText(value, maxLength)}`;
  if (value.isWellFormed()) return undefined;
  return `expected ${field} to have whole characters only, got half of one in ${showValue(value)}`;
};

const showText = (value: unknown, maxLength: number): string =>
  typeof value === 'string' && value.length > maxLength ? `${value.length} characters` : showValue(value);
