import { err, ok, type Result } from 'neverthrow';
import { toOldTimes } from '../OldTimes';
import { type ReconcileError, toLedgerFailure } from '../ReconcileError';
import { compareTasks } from './compareTasks';
import { previewUnpublished, publishUnpublished } from './publishUnpublished';
import { type Recovery, type RecoveryOptions, type RecoveryParts } from './Recovery';
import { createRecoveryTally, type RecoveryReport } from './RecoveryReport';
import { verifySuspects } from './verifySuspects';

/** How much longer than a lease another process is waited for; milliseconds. */
const PATIENCE_MARGIN_MS = 3000;

/**
 * Compares all unfinished tasks that the ledger has when it begins with their queues at once: what is on no queue is put there, and what has ended
 * there is written down. Any number of these, and of relays, reconcilers and workers, may run at the same time. A queue
 * that refuses, or an end that cannot be written, is left and stands in the way of no other one. Ends early when ledger or Redis
 * is away; what it did until then stays done.
 */
export const recoverTasks = async (
  parts: RecoveryParts,
  { isDryRun = false, minAgeMs = 0, patienceMs = parts.leaseMs + PATIENCE_MARGIN_MS }: RecoveryOptions = {},
): Promise<Result<RecoveryReport, ReconcileError>> => {
  const { ledger, now = Date.now } = parts;
  const startedAtMs = now();
  const runningAgeMs = Math.max(minAgeMs, parts.runningAgeMs);
  const tally = createRecoveryTally();
  const last = await ledger.outbox.lastUnfinished();
  if (last.isErr()) return err(toLedgerFailure(last.error));
  if (last.value === undefined) return ok(tally.toReport());
  const recovered = await recoverAll({
    ...parts,
    now,
    isDryRun,
    patienceMs,
    runningAgeMs,
    old: toOldTimes(startedAtMs, minAgeMs),
    untilId: last.value,
    runningSinceMs: startedAtMs - runningAgeMs,
    tally,
  });
  return recovered.map(() => tally.toReport());
};

const recoverAll = async (recovery: Recovery): Promise<Result<void, ReconcileError>> => {
  const compared = await compareTasks(recovery);
  if (compared.isErr()) return err(compared.error);
  const { lostIds, suspects } = compared.value;
  const published = await (recovery.isDryRun
    ? previewUnpublished(recovery)
    : publishUnpublished(recovery, lostIds));
  return published.isErr() ? published : verifySuspects(recovery, suspects);
};
