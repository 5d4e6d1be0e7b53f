/** What is left of the time that a call has. */
export interface Patience {
  /** Milliseconds, 0 or more. */
  ms(): number;
  /** The same for the last steps of work that is as good as done: they have half a second at least. */
  lastMs(): number;
}

const MIN_LAST_MS = 500;

/**
 * Starts the time of a call.
 *
 * @param patienceMs How long it may take in all; milliseconds.
 * @param now For tests. Default: `performance.now`.
 */
export const startPatience = (patienceMs: number, now = (): number => performance.now()): Patience => {
  const endsAtMs = now() + patienceMs;
  const ms = (): number => Math.max(0, endsAtMs - now());
  return { ms, lastMs: () => Math.max(MIN_LAST_MS, ms()) };
};
