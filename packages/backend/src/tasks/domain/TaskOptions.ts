import { type DeduplicationOptions } from './Deduplication';
import { type Isolate } from './Isolation';
import { type Priority } from './Priority';
import { type RecurringRule } from './RecurringRule';
import { type ResourceToken } from './ResourceToken';
import { type RetryPolicy } from './RetryPolicy';

/** How many finished tasks Redis keeps, and for how long. What comes first, decides. */
export interface RetentionRule {
  /** Milliseconds since the task ended. */
  readonly ageMs?: number;
  /** Newest tasks of this kind in this queue. */
  readonly count?: number;
}

/** So many attempts within so much time; the time begins with the first of them. */
export interface RateLimit {
  /** 1 to 1,000,000. */
  readonly max: number;
  /** Milliseconds; 1 to 2^31 - 1. */
  readonly durationMs: number;
}

/** The parts of a retry policy a definition may name; the rest keeps its default. */
export interface RetryOptions extends Partial<RetryPolicy> {
  /** Says whether an error is worth another attempt. Default: every error is. A predicate that throws counts as yes. */
  readonly retryOn?: (error: Error) => boolean;
}

/** How a task is run; every field may be left out. */
export interface TaskOptions<Payload = unknown> extends DeduplicationOptions<Payload> {
  /** `'low'` 10, `'normal'` 50, `'high'` 75, `'critical'` 100, or a whole number from 0 to 100. Default: `'normal'`. */
  readonly priority?: Priority;
  /** All attempts, the first included; 1 to 1000. Default: `TASK_MAX_ATTEMPTS` (3). */
  readonly maxAttempts?: number;
  /** The same wait before every further attempt, in milliseconds; 0 to 10 years. Not together with `retry.backoff`. */
  readonly backoffMs?: number;
  /** The wait between attempts in full. Default: exponential from `TASK_BACKOFF_MS` (1000), doubled, at most 5 minutes. */
  readonly retry?: RetryOptions;
  /** Milliseconds an attempt may take before its signal is aborted; 1 to 2^31 - 1. Default: `TASK_TIMEOUT_MS` (30,000). */
  readonly timeoutMs?: number;
  /** Tasks of this definition that run at the same time, over all workers; 1 to 10,000. Default: no limit. */
  readonly maxConcurrency?: number;
  /** Attempts of this definition that begin within a time, over all workers. Default: no limit. */
  readonly rateLimit?: RateLimit;
  /** What Redis keeps of finished tasks. Default: completed and cancelled 24 h or 1,000, failed 14 days or 10,000. */
  readonly retention?: {
    readonly completed?: RetentionRule;
    readonly failed?: RetentionRule;
    readonly cancelled?: RetentionRule;
  };
  /** Runs the task again and again, from the start of the first worker that knows it. Default: it does not. */
  readonly recurring?: RecurringRule;
  /** Shared resources that the handler resolves: a worker without one of them does not start. Default: none. */
  readonly resources?: readonly ResourceToken[];
  /**
   * Runs each attempt in a process of its own, which a timeout, a cancellation or a stop kills, and whose end, endless loop or memory harms
   * no other task. Default: attempts run in the worker's process.
   */
  readonly isolate?: Isolate;
}
