import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../../domain/TaskId';
import { type LedgerError } from '../LedgerError';
import { type UnfinishedTask } from '../LedgerOutbox';
import { type ReconcileError } from '../ReconcileError';
import { type LocatedTasks, toAbsent, toIds, walkPages } from '../walkPlaces';
import { leaveUnlocated, type Recovery } from './Recovery';
import { writeEnds } from './writeEnds';

interface ComparedTasks {
  /** Tasks that no queue had. */
  readonly lostIds: ReadonlySet<TaskId>;
  /** Those of them that were perhaps left alone: their worker may live, or something happened meanwhile. */
  readonly suspects: readonly UnfinishedTask[];
}

/** Compares the tasks that were put on a queue with it: those that it has lost are on no queue, and those that ended have ended. */
export const compareTasks = async (recovery: Recovery): Promise<Result<ComparedTasks, ReconcileError>> => {
  const { ledger, findPlaces, untouchedSinceMs, aheadOfMs, batchSize } = recovery;
  const lostIds = new Set<TaskId>();
  const suspects: UnfinishedTask[] = [];
  // Those that run too, however recently their worker was heard of: Redis may have lost them all the same.
  const query = { untouchedSinceMs, runningSinceMs: untouchedSinceMs };
  const compared = await walkPages({
    findPlaces,
    pageSize: batchSize,
    list: (page) => ledger.outbox.listPublished({ ...query, aheadOfMs: aheadOfMs(), ...page }),
    onLeft: leaveUnlocated(recovery),
    act: async (located) => {
      const lost = toAbsent(located);
      recovery.tally.add(located.taskName, { checkedCount: located.tasks.length });
      const taken = await takeBack(recovery, located.taskName, lost);
      if (taken.isErr()) return err(taken.error);
      suspects.push(...taken.value);
      for (const { id } of lost) lostIds.add(id);
      await writeEnds(recovery, located);
      return ok();
    },
  });
  return compared.map(() => ({ lostIds, suspects }));
};

/** Writes that tasks are on no queue; answers those of which that is not sure. */
const takeBack = async (
  recovery: Recovery,
  taskName: LocatedTasks['taskName'],
  lost: readonly UnfinishedTask[],
): Promise<Result<readonly UnfinishedTask[], LedgerError>> => {
  const { ledger, isDryRun, untouchedSinceMs, runningSinceMs, aheadOfMs, tally } = recovery;
  if (isDryRun) {
    const young = lost.filter(
      ({ status, updatedAtMs }) => status === 'running' && updatedAtMs > runningSinceMs,
    );
    tally.add(taskName, { publishedCount: lost.length - young.length });
    return ok(young);
  }
  const untouched = { untouchedSinceMs, runningSinceMs, aheadOfMs: aheadOfMs() };
  const count = await ledger.outbox.unpublish(toIds(lost), untouched);
  return count.map((takenCount) => (takenCount === lost.length ? [] : lost));
};
