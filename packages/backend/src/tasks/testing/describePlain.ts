import { describeUnknown } from '@core/errors/describeUnknown';
import { showValue } from '../domain/numberRule';

const MAX_LENGTH = 300;

/** JSON has no words for these. */
const toShowable = (_field: string, value: unknown): unknown => {
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'function') return `[function ${value.name}]`;
  return typeof value === 'bigint' || typeof value === 'symbol' ? String(value) : value;
};

/** Shows a value in the message of a failed expectation, in one line. */
export const describePlain = (value: unknown): string => {
  if (value === undefined || typeof value === 'number') return showValue(value);
  try {
    const text = JSON.stringify(value, toShowable) ?? String(value);
    return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  } catch {
    // A cycle, or a getter that throws.
    return describeUnknown(value);
  }
};
