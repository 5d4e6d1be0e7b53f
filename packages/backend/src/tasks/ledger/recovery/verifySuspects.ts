import { err, ok, type Result } from 'neverthrow';
import { type LedgerError } from '../LedgerError';
import { type UnfinishedTask } from '../LedgerOutbox';
import { type ReconcileError } from '../ReconcileError';
import { toLedgerFailure } from '../reconcilePage';
import { locate } from './locatePages';
import { type Recovery, toAbsent, toIds } from './Recovery';

/**
 * Looks again at tasks that no queue had and that were left alone: most have ended, or are on a queue by now. The others run, as
 * far as the ledger knows, and Redis has lost them.
 */
export const verifySuspects = async (
  recovery: Recovery,
  suspects: readonly UnfinishedTask[],
): Promise<Result<void, ReconcileError>> => {
  const { batchSize, findPlaces } = recovery;
  for (let first = 0; first < suspects.length; first += batchSize) {
    const located = await locate(findPlaces, suspects.slice(first, first + batchSize));
    if (located.isErr()) return err(located.error);
    const verified = await leaveLost(recovery, located.value.flatMap(toAbsent));
    if (verified.isErr()) return err(toLedgerFailure(verified.error));
  }
  return ok();
};

const leaveLost = async (
  { ledger: { writer, outbox }, tally, now, runningSinceMs, runningAgeMs }: Recovery,
  absent: readonly UnfinishedTask[],
): Promise<Result<void, LedgerError>> => {
  const waiting = await outbox.listUnpublished(toIds(absent));
  if (waiting.isErr()) return err(waiting.error);
  const { tasks, unreadable } = waiting.value;
  const waitingIds = new Set(toIds([...tasks, ...unreadable]));
  const seconds = Math.ceil(Math.max(runningAgeMs, now() - runningSinceMs) / 1000);
  for (const task of absent.filter(({ id }) => !waitingIds.has(id))) {
    const standing = await writer.standing(task.id);
    if (standing.isErr()) return err(standing.error);
    if (standing.value.kind !== 'open') continue;
    tally.leave(
      task,
      `a worker ran it less than ${seconds} s ago: it ends the task, or has died, and then the task is published again`,
    );
  }
  return ok();
};
