import { DatabaseError } from './DatabaseError';

/** Between two tries to get the lock; milliseconds. */
const RETRY_MS = { first: 1, longest: 25 };

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Tries again for as long as a `DatabaseError` says `busy`: another process has the lock. Not longer than the patience. */
export const untilFree = async <T>(act: () => Promise<T>, patienceMs: number): Promise<T> => {
  const endsAtMs = performance.now() + patienceMs;
  for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(2 * waitMs, RETRY_MS.longest)) {
    try {
      return await act();
    } catch (thrown) {
      const isBusy = thrown instanceof DatabaseError && thrown.code === 'busy';
      if (!isBusy || performance.now() + waitMs > endsAtMs) throw thrown;
    }
    await pause(waitMs);
  }
};
