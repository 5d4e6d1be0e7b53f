import { err, ok, type Result } from 'neverthrow';
import { type LedgerError } from '../LedgerError';
import { type UnfinishedTask } from '../LedgerOutbox';
import { type ReconcileError } from '../ReconcileError';
import { type NamedTask, toAbsent, toIds, walkPlaces } from '../walkPlaces';
import { leaveUnlocated, type Recovery } from './Recovery';

/**
 * Looks again at tasks that no queue had and that were left alone: most have ended, or are on a queue by now. The others run, as
 * far as the ledger knows, and Redis has lost them.
 */
export const verifySuspects = async (
  recovery: Recovery,
  suspects: readonly UnfinishedTask[],
): Promise<Result<void, ReconcileError>> => {
  const { batchSize, findPlaces } = recovery;
  const checkedIds = new Set(toIds(suspects));
  for (let first = 0; first < suspects.length; first += batchSize) {
    const verified = await walkPlaces(suspects.slice(first, first + batchSize), {
      findPlaces,
      act: (located) => leaveLost(recovery, toAbsent(located)),
      onLeft: leaveUnlocated(recovery, checkedIds),
    });
    if (verified.isErr()) return verified;
  }
  return ok();
};

const leaveLost = async (
  { ledger: { writer, outbox }, tally, runningAgeMs }: Recovery,
  absent: readonly NamedTask[],
): Promise<Result<void, LedgerError>> => {
  const unpublished = await outbox.readUnpublished(toIds(absent));
  if (unpublished.isErr()) return err(unpublished.error);
  const { tasks, unreadable } = unpublished.value;
  const unpublishedIds = new Set(toIds([...tasks, ...unreadable]));
  const lost = absent.filter(({ id }) => !unpublishedIds.has(id));
  // At once: the writer asks for all of them in one statement.
  const standings = await Promise.all(
    lost.map(async (task) => ({ task, standing: await writer.standing(task.id) })),
  );
  const reason = `a worker ran it less than ${Math.ceil(runningAgeMs / 1000)} s ago: it ends the task, or has died, and then the task is published again`;
  for (const { task, standing } of standings) {
    if (standing.isErr()) return err(standing.error);
    if (standing.value.kind === 'open') tally.leave(task, reason);
  }
  return ok();
};
