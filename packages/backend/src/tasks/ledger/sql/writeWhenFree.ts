import { err, ok, type Result } from 'neverthrow';
import { LedgerError } from '../LedgerError';

/** What writing came to; `held`: nothing, because somebody else is writing the task. */
export interface Written {
  readonly kind: string;
}

interface HeldTask<Answer extends Written> {
  write(): Promise<Result<Answer, LedgerError>>;
  /** Milliseconds. */
  readonly deadlineMs: number;
}

/** An answer by which something was written. */
export type Free<Answer extends Written> = Exclude<Answer, { readonly kind: 'held' }>;

/** Between two tries, at most; milliseconds. Most tasks are held for a millisecond: by a mark, or by a sign of life. */
const MAX_PAUSE_MS = 50;

/** Whether nobody else was writing the task. */
export const isFree = <Answer extends Written>(answer: Answer): answer is Free<Answer> =>
  answer.kind !== 'held';

/** Tries to write to a task that is held until it is not, or until the deadline. */
export const writeWhenFree = async <Answer extends Written>({
  write,
  deadlineMs,
}: HeldTask<Answer>): Promise<Result<Free<Answer>, LedgerError>> => {
  const startedAtMs = performance.now();
  for (let pauseMs = 1; performance.now() - startedAtMs < deadlineMs; ) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const answer = await write();
    if (answer.isErr()) return err(answer.error);
    if (isFree(answer.value)) return ok(answer.value);
    pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS);
  }
  return err(toBusy(deadlineMs));
};

const toBusy = (deadlineMs: number): LedgerError =>
  new LedgerError(
    `the ledger's database is busy: another transaction has held the row of the task for ${deadlineMs} ms`,
    { code: 'ledger-unavailable' },
  );
