import { err, ok, type Result } from 'neverthrow';

/** The promise had not settled in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * Races a promise against a timer; the loser is ignored: `DeadlineError` when the timer wins. Holds the process until
 * one of them settles.
 */
export const settleWithin = <T>(promise: Promise<T>, ms: number): Promise<Result<T, Error>> =>
  new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve(err(new DeadlineError(`no answer within ${Math.round(ms)} ms`))),
      ms,
    );
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(ok(value));
      },
      (error: unknown) => {
        clearTimeout(timer);
        resolve(err(error instanceof Error ? error : new Error(String(error))));
      },
    );
  });
