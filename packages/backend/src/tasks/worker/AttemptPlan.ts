import { type AppConfig } from '@backend/config/AppConfig';
import { DEFAULT_RETRY_POLICY, fixedRetryPolicy, type RetryPolicy } from '../domain/RetryPolicy';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskOverrides } from '../domain/TaskEnvelope';
import { type TaskOptions } from '../domain/TaskOptions';

/** What holds for tasks that do not say, from the configuration. */
export interface TaskDefaults {
  readonly maxAttempts: number;
  /** First wait of the exponential backoff, in milliseconds. */
  readonly backoffMs: number;
  readonly timeoutMs: number;
}

/** Reads the defaults out of the configuration. */
export const toTaskDefaults = (
  appConfig: Pick<AppConfig, 'taskMaxAttempts' | 'taskBackoffMs' | 'taskTimeoutMs'>,
): TaskDefaults => ({
  maxAttempts: appConfig.taskMaxAttempts,
  backoffMs: appConfig.taskBackoffMs,
  timeoutMs: appConfig.taskTimeoutMs,
});

/** The rules of one attempt: the call's word before the definition's before the configuration's. */
export interface AttemptPlan {
  /** 1-based; each crash counted as one, and those counted too that only the ledger knows. */
  readonly attempt: number;
  /** How often a worker died while it held the task, as far as the queue or the ledger knows. */
  readonly crashCount: number;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly retryOn: ((error: Error) => boolean) | undefined;
}

interface AttemptPlanInput {
  readonly task: TaskDefinition<unknown>;
  readonly overrides: TaskOverrides;
  readonly defaults: TaskDefaults;
  readonly attemptsMade: number;
  readonly crashCount: number;
}

/** A field that is there but undefined counts as left out. */
const withRetry = (base: RetryPolicy, retry: Partial<RetryPolicy>): RetryPolicy => {
  const { initialDelayMs = base.initialDelayMs, stepsMs = base.stepsMs } = retry;
  return {
    backoff: retry.backoff ?? base.backoff,
    initialDelayMs,
    multiplier: retry.multiplier ?? base.multiplier,
    incrementMs: retry.incrementMs ?? retry.initialDelayMs ?? base.incrementMs,
    maxDelayMs: retry.maxDelayMs ?? Math.max(base.maxDelayMs, initialDelayMs, ...stepsMs),
    stepsMs,
    jitter: retry.jitter ?? base.jitter,
  };
};

const definedPolicy = ({ backoffMs, retry = {} }: TaskOptions, defaultBackoffMs: number): RetryPolicy => {
  if (backoffMs !== undefined) return withRetry(fixedRetryPolicy(backoffMs), retry);
  const first = { initialDelayMs: defaultBackoffMs, incrementMs: defaultBackoffMs };
  return withRetry({ ...DEFAULT_RETRY_POLICY, ...first }, retry);
};

/** Works out the rules of an attempt. Pure. The policy is worked out when it is asked for: most attempts need none. */
export const planAttempt = ({
  task: { options },
  overrides,
  defaults,
  attemptsMade,
  crashCount,
}: AttemptPlanInput): AttemptPlan => ({
  attempt: attemptsMade + crashCount + 1,
  crashCount,
  maxAttempts: overrides.maxAttempts ?? options.maxAttempts ?? defaults.maxAttempts,
  timeoutMs: overrides.timeoutMs ?? options.timeoutMs ?? defaults.timeoutMs,
  get retry() {
    if (overrides.backoffMs !== undefined) return fixedRetryPolicy(overrides.backoffMs);
    const retry = { ...options.retry, ...overrides.retry };
    return definedPolicy({ ...options, retry }, defaults.backoffMs);
  },
  retryOn: options.retry?.retryOn,
});
