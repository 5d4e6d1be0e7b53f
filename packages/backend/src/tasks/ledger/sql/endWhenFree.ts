import { err, ok, type Result } from 'neverthrow';
import { LedgerError } from '../LedgerError';
import { type EndAnswer } from '../LedgerWriter';
import { type WrittenEnd } from './endAttempts';

interface HeldEnd {
  write(): Promise<Result<WrittenEnd, LedgerError>>;
  /** Milliseconds. */
  readonly deadlineMs: number;
}

/** Between two tries, at most; milliseconds. Most tasks are held for a millisecond: by a mark, or by a sign of life. */
const MAX_PAUSE_MS = 50;

/** Tries to write an end whose task is held until it is not, or until the deadline. */
export const endWhenFree = async ({
  write,
  deadlineMs,
}: HeldEnd): Promise<Result<EndAnswer, LedgerError>> => {
  const startedAtMs = performance.now();
  for (let pauseMs = 1; performance.now() - startedAtMs < deadlineMs; ) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const answer = await write();
    if (answer.isErr()) return err(answer.error);
    if (answer.value.kind !== 'held') return ok(answer.value);
    pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS);
  }
  const message = `the ledger's database is busy: another transaction has held the row of the task for ${deadlineMs} ms`;
  return err(new LedgerError(message, { code: 'ledger-unavailable' }));
};
