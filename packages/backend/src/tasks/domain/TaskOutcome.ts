import { type Result } from 'neverthrow';
import { backoffDelayMs, type RetryPolicy } from './RetryPolicy';
import { type TaskError } from './TaskError';

/**
 * Why a task is failed for good.
 *
 * - `exhausted`: the last attempt failed. - `timeout`: the last attempt outlived `timeoutMs`.
 * - `fatal`: the handler or `retryOn` ruled further attempts out.
 * - `invalid-payload`, `invalid-output`: the data broke its schema, or cannot be stored.
 * - `expired`: it had not started when its `expiresInMs` was over; it was not run.
 * - `crash-loop`: the worker died too often while running this task.
 */
export type FailureReason =
  | 'exhausted'
  | 'timeout'
  | 'fatal'
  | 'invalid-payload'
  | 'invalid-output'
  | 'expired'
  | 'crash-loop';

/** What becomes of a task after one attempt. */
export type TaskOutcome =
  | { readonly kind: 'completed'; readonly value: unknown }
  | { readonly kind: 'retry'; readonly error: TaskError; readonly delayMs: number }
  | { readonly kind: 'snoozed'; readonly error: TaskError; readonly delayMs: number }
  | { readonly kind: 'released'; readonly error: TaskError }
  | { readonly kind: 'cancelled'; readonly error: TaskError }
  | { readonly kind: 'failed'; readonly error: TaskError; readonly reason: FailureReason };

/** The rules an outcome is decided by. */
export interface OutcomeRules {
  /** 1-based number of the attempt that just ended; a crash counts as one. */
  readonly attempt: number;
  /** All attempts the task may use, the first included. */
  readonly maxAttempts: number;
  readonly retry: RetryPolicy;
  /** Says whether an error is worth another attempt. Default: every error is. */
  readonly retryOn?: ((error: Error) => boolean) | undefined;
}

/**
 * Asks the task's `retryOn`. One that throws or answers with a promise must neither lose the task nor end it early, so it
 * counts as yes. One that was asked in another process is not asked again.
 */
export const isWorthRetrying = (error: TaskError, retryOn: OutcomeRules['retryOn']): boolean => {
  if (error.isWorthRetrying !== undefined) return error.isWorthRetrying;
  try {
    const answer: unknown = retryOn?.(error.original ?? error) ?? true;
    // Nobody waits for it: without this its rejection would end the process.
    if (answer instanceof Promise) answer.catch(() => undefined);
    return Boolean(answer);
  } catch {
    return true;
  }
};

const decideRetry = (error: TaskError, rules: OutcomeRules, random: () => number): TaskOutcome => {
  const lastReason: FailureReason = error.code === 'timeout' ? 'timeout' : 'exhausted';
  if (!isWorthRetrying(error, rules.retryOn)) return { kind: 'failed', error, reason: 'fatal' };
  if (rules.attempt >= rules.maxAttempts) return { kind: 'failed', error, reason: lastReason };
  return { kind: 'retry', error, delayMs: backoffDelayMs(rules.retry, rules.attempt, random()) };
};

const decideFailure = (error: TaskError, rules: OutcomeRules, random: () => number): TaskOutcome => {
  switch (error.code) {
    case 'retry-later':
      return { kind: 'snoozed', error, delayMs: error.snoozeMs ?? 0 };
    case 'shutdown':
    case 'lost-lock':
      return { kind: 'released', error };
    case 'cancelled':
      return { kind: 'cancelled', error };
    case 'fatal':
    case 'invalid-payload':
    case 'invalid-output':
    case 'expired':
    case 'crash-loop':
      return { kind: 'failed', error, reason: error.code };
    case 'task-failed':
    case 'timeout':
    case 'crashed':
    case 'process-died':
    case 'memory-limit':
      return decideRetry(error, rules, random);
  }
};

/**
 * Decides the outcome of an attempt. Pure but for `random`: no clock, no queue, no logger.
 *
 * @param random From 0 to 1, for the jitter of the wait; asked only when there is one.
 */
export const decideOutcome = (
  result: Result<unknown, TaskError>,
  rules: OutcomeRules,
  random: () => number,
): TaskOutcome =>
  result.isOk() ? { kind: 'completed', value: result.value } : decideFailure(result.error, rules, random);
