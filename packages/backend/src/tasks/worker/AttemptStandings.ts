import { err, ok, type Result } from 'neverthrow';
import { isPutBack } from '../ledger/isPutBack';
import { type LedgerError } from '../ledger/LedgerError';
import { type LedgerWriter } from '../ledger/LedgerWriter';
import { type Standing } from '../ledger/Standing';
import { type Attempt } from './Attempt';
import { countAttempt } from './countAttempt';
import { type LedgerPatience } from './LedgerPatience';
import { toDeliveredEntry } from './toDeliveredEntry';

/** Where tasks stand in the ledger when they are delivered. */
export interface AttemptStandings {
  /**
   * Says where the task of an attempt stands, and makes the ledger ready for the attempt: a task that it does not know is written
   * down, one that was put back is opened again, and a crash before the attempt is noted. A queue that has forgotten crashes is
   * told of them.
   */
  begin(attempt: Attempt): Promise<Result<Standing, LedgerError>>;
}

interface AttemptStandingsOptions extends LedgerPatience {
  readonly writer: LedgerWriter;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Creates what looks where the tasks of a worker stand. */
export const createAttemptStandings = ({
  writer,
  insist,
  now,
}: AttemptStandingsOptions): AttemptStandings => {
  /** A task that ended as failed is run when somebody has put it back since. */
  const reopen = async (
    { delivery }: Attempt,
    standing: Standing & { readonly kind: 'ended' },
  ): Promise<Result<Standing, LedgerError>> => {
    const { ending } = standing;
    const { failedAtMs } = delivery;
    if (ending.kind !== 'failed' || !isPutBack(ending, failedAtMs)) return ok(standing);
    const reopened = await insist(() => writer.reopen(delivery.taskId, now()));
    return reopened.map(() => ({ kind: 'open', attempt: 0, isRunning: false, crashCount: 0 }));
  };

  const begin = async (attempt: Attempt): Promise<Result<Standing, LedgerError>> => {
    const { taskId, crashCount } = attempt.delivery;
    const standing = await insist(() => writer.standing(taskId));
    if (standing.isErr()) return standing;
    if (standing.value.kind === 'ended') return reopen(attempt, standing.value);
    if (standing.value.kind === 'absent') {
      const inserted = await insist(() => writer.insert(toDeliveredEntry(attempt)));
      if (inserted.isErr()) return err(inserted.error);
    }
    if (standing.value.kind === 'open' && standing.value.crashCount > crashCount)
      await attempt.delivery.raiseCrashCount(standing.value.crashCount);
    if (crashCount > 0) {
      const { plan } = countAttempt(attempt, standing.value);
      const crash = { id: taskId, attempt: plan.attempt - 1, crashCount, foundAtMs: now() };
      // Noted at a later attempt, it would be told of the wrong one.
      const noted = await insist(() => writer.noteCrash(crash));
      if (noted.isErr()) return err(noted.error);
    }
    return standing;
  };
  return { begin };
};
