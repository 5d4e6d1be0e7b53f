import { closest, distance } from 'fastest-levenshtein';

/** The known name nearest to an unknown one, or `undefined` when none is similar (more than 40 % of it differs). */
export const nearestName = (unknown: string, known: readonly string[]): string | undefined => {
  if (known.length === 0) return undefined;
  const nearest = closest(unknown, known);
  return distance(unknown, nearest) <= Math.max(1, Math.floor(nearest.length * 0.4)) ? nearest : undefined;
};

/** The sentence that follows an unknown name: ` Did you mean "x"?`, or nothing. */
export const suggestion = (unknown: string, known: readonly string[]): string => {
  const nearest = nearestName(unknown, known);
  return nearest === undefined ? '' : ` Did you mean ${JSON.stringify(nearest)}?`;
};
