/** When a failed attempt is tried again, and after which wait. */
export interface RetryPolicy {
  /** How the wait grows from attempt to attempt. Default: `'exponential'`. */
  readonly backoff: 'exponential' | 'linear' | 'fixed' | 'steps';
  /** The first wait, in milliseconds; 0 to 10 years. Default: 1000. */
  readonly initialDelayMs: number;
  /** Exponential only: factor from wait to wait; 1 to 100. Default: 2. */
  readonly multiplier: number;
  /** Linear only: what each wait adds, in milliseconds. Default: `initialDelayMs`. */
  readonly incrementMs: number;
  /**
   * No wait is longer, jitter included; milliseconds. Default: 300,000 (5 minutes), or the
   * first wait or the longest step if that is more.
   */
  readonly maxDelayMs: number;
  /** Steps only: the waits one by one, in milliseconds; the last one repeats. */
  readonly stepsMs: readonly number[];
  /** Adds 10 to 20 % to a wait, so that tasks that failed together do not return together. Default: true. */
  readonly jitter: boolean;
}

/** The policy of a task that names none: 1 s, doubled each time, at most 5 minutes. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = Object.freeze({
  backoff: 'exponential',
  initialDelayMs: 1000,
  multiplier: 2,
  incrementMs: 1000,
  maxDelayMs: 300_000,
  stepsMs: [],
  jitter: true,
});

/** The policy behind the shorthand `backoffMs`: the same wait every time, exactly. */
export const fixedRetryPolicy = (backoffMs: number): RetryPolicy => ({
  ...DEFAULT_RETRY_POLICY,
  backoff: 'fixed',
  initialDelayMs: backoffMs,
  maxDelayMs: Math.max(backoffMs, DEFAULT_RETRY_POLICY.maxDelayMs),
  jitter: false,
});

const plainDelayMs = (policy: RetryPolicy, attempt: number): number => {
  const waits = attempt - 1;
  switch (policy.backoff) {
    case 'fixed':
      return policy.initialDelayMs;
    case 'linear':
      return policy.initialDelayMs + policy.incrementMs * waits;
    case 'exponential':
      // Bounded, since no first wait times an infinite factor is no number.
      return policy.initialDelayMs * Math.min(policy.multiplier ** waits, Number.MAX_VALUE);
    case 'steps':
      return policy.stepsMs[Math.min(waits, policy.stepsMs.length - 1)] ?? policy.initialDelayMs;
  }
};

/**
 * The wait after an attempt, in whole milliseconds; 0 to `maxDelayMs`. Pure.
 *
 * @param attempt 1-based number of the attempt that failed.
 * @param random From 0 (adds 10 %) to 1 (adds 20 %); used only with `jitter`.
 */
export const backoffDelayMs = (policy: RetryPolicy, attempt: number, random: number): number => {
  const plain = Math.min(plainDelayMs(policy, attempt), policy.maxDelayMs);
  const jittered = policy.jitter ? plain * (1.1 + 0.1 * random) : plain;
  return Math.round(Math.min(jittered, policy.maxDelayMs));
};
