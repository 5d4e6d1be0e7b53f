import { isRefusal, pauseAfterRefusal } from './RedisRefusal';

interface Insistence {
  /** Aborted when the answer is wanted no longer. */
  readonly signal: AbortSignal;
  /** Redis answers, but refuses for now. */
  onRefused(error: Error): void;
  /** The command failed for another reason, as when a node of a cluster is away. */
  onError(error: Error): void;
}

/** Sends a command again and again, while Redis is away or refuses. Rejects as Redis does once the signal is aborted. */
export const insist = async <T>(
  command: () => Promise<T>,
  { signal, onRefused, onError }: Insistence,
): Promise<T> => {
  for (;;) {
    try {
      return await command();
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (isRefusal(error)) onRefused(error);
      else onError(error);
      if (signal.aborted) throw error;
      await pauseAfterRefusal();
    }
  }
};
