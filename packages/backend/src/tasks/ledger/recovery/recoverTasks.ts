import { err, ok, type Result } from 'neverthrow';
import { type ReconcileError } from '../ReconcileError';
import { compareTasks } from './compareTasks';
import { previewUnpublished, publishUnpublished } from './publishUnpublished';
import { type Recovery, type RecoveryOptions, type RecoveryParts } from './Recovery';
import { createRecoveryTally, type RecoveryReport } from './RecoveryReport';
import { verifySuspects } from './verifySuspects';

/** How much longer than a lease another process is waited for; milliseconds. */
const PATIENCE_MARGIN_MS = 3000;

/**
 * Compares all unfinished tasks of the ledger with their queues at once: what is on no queue is put there, and what has ended
 * there is written down. Any number of these, and of relays, reconcilers and workers, may run at the same time. A queue
 * that refuses, or an end that cannot be written, is left and stands in the way of no other one. Ends early when ledger or Redis
 * is away; what it did until then stays done.
 */
export const recoverTasks = async (
  parts: RecoveryParts,
  { isDryRun = false, minAgeMs = 0, patienceMs = parts.leaseMs + PATIENCE_MARGIN_MS }: RecoveryOptions = {},
): Promise<Result<RecoveryReport, ReconcileError>> => {
  const { now = Date.now } = parts;
  const startedAtMs = now();
  const runningAgeMs = Math.max(minAgeMs, parts.runningAgeMs);
  const recovery: Recovery = {
    ...parts,
    now,
    isDryRun,
    patienceMs,
    runningAgeMs,
    untouchedSinceMs: startedAtMs - minAgeMs,
    aheadOfMs: () => now() + minAgeMs,
    runningSinceMs: startedAtMs - runningAgeMs,
    tally: createRecoveryTally(),
  };
  const compared = await compareTasks(recovery);
  if (compared.isErr()) return err(compared.error);
  const { lostIds, suspects } = compared.value;
  const published = await (isDryRun ? previewUnpublished(recovery) : publishUnpublished(recovery, lostIds));
  if (published.isErr()) return err(published.error);
  const verified = await verifySuspects(recovery, suspects);
  return verified.isErr() ? err(verified.error) : ok(recovery.tally.toReport());
};
