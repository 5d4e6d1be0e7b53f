/** Bits of a UUIDv7 that say when it was made, as hexadecimal digits (RFC 9562, section 5.7). */
const TIME_DIGITS = 12;

const MAX_MS = 2 ** 48 - 1;

/** The text before which every id sorts that was made before a moment, and behind which every other one does. */
export const toIdBound = (moment: Date): string => {
  const ms = Math.min(Math.max(0, moment.getTime()), MAX_MS);
  const digits = ms.toString(16).padStart(TIME_DIGITS, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
};
