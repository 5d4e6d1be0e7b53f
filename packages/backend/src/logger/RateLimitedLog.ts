import { type ILogger } from './Logger';

/** Logs what may happen a thousand times a second, such as a lost connection, without flooding the log. */
export interface RateLimitedLog {
  /** @param key What counts as the same line; a fixed text or a small set of them, never a user's input. */
  warn(key: string, message: string, meta?: object): void;
  /** @param key What counts as the same line; `warn` and `error` share their keys. */
  error(key: string, message: string, error?: unknown, meta?: object): void;
}

/** How {@link createRateLimitedLog} limits. */
export interface RateLimitedLogOptions {
  readonly logger: ILogger;
  /** Milliseconds; at most one line per key in each. Default: 10,000. */
  readonly windowMs?: number;
  /** A clock that never goes back; milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

interface Window {
  readonly startedAtMs: number;
  suppressedCount: number;
}

const maxKeyCount = 1000;

/**
 * Creates a log that writes the first line of a key at once and then at most one a window. A line that follows
 * suppressed ones says how many (`suppressedCount`). It remembers 1,000 keys; one more forgets the oldest.
 */
export const createRateLimitedLog = ({
  logger,
  windowMs = 10_000,
  now = () => performance.now(),
}: RateLimitedLogOptions): RateLimitedLog => {
  const windows = new Map<string, Window>();
  const limit = (key: string, meta: object | undefined, write: (meta: object | undefined) => void): void => {
    const startedAtMs = now();
    const current = windows.get(key);
    if (current !== undefined && startedAtMs - current.startedAtMs < windowMs) {
      current.suppressedCount += 1;
      return;
    }
    openWindow(windows, key, startedAtMs);
    write(withSuppressed(meta, current?.suppressedCount ?? 0));
  };
  return {
    warn: (key, message, meta) => limit(key, meta, (full) => logger.warn(message, full)),
    error: (key, message, error, meta) => limit(key, meta, (full) => logger.error(message, error, full)),
  };
};

const openWindow = (windows: Map<string, Window>, key: string, startedAtMs: number): void => {
  // A Map keeps the order of insertion: taking the key out first makes it the newest.
  windows.delete(key);
  windows.set(key, { startedAtMs, suppressedCount: 0 });
  for (const oldest of windows.keys()) {
    if (windows.size <= maxKeyCount) return;
    windows.delete(oldest);
  }
};

const withSuppressed = (meta: object | undefined, suppressedCount: number): object | undefined =>
  suppressedCount === 0 ? meta : { ...meta, suppressedCount };
