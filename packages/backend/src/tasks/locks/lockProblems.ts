import { numberProblem, showValue, TIMER } from '../domain/numberRule';

/** Characters that a key or a holder may have at most. */
export const MAX_LOCK_TEXT_LENGTH = 512;

/** What a call about a lock was given; a field that is not there is not checked. */
export interface LockCall {
  readonly key: unknown;
  readonly holder?: unknown;
  readonly ttlMs?: unknown;
}

/** Lists everything that is wrong with a call about a lock; an empty list means it may reach Redis. */
export const lockProblems = (call: LockCall): string[] =>
  [
    textProblem('key', call.key),
    'holder' in call ? textProblem('holder', call.holder) : undefined,
    'ttlMs' in call ? numberProblem('ttlMs', call.ttlMs, TIMER) : undefined,
  ].filter((problem) => problem !== undefined);

const textProblem = (field: string, value: unknown): string | undefined =>
  typeof value === 'string' && value.length >= 1 && value.length <= MAX_LOCK_TEXT_LENGTH
    ? undefined
    : `expected ${field} to be a text of 1 to ${MAX_LOCK_TEXT_LENGTH} characters, got ${showValue(value)}`;
