import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../../domain/TaskId';
import { isSilent } from '../isSilent';
import { type LedgerError } from '../LedgerError';
import { type TakenBack, type UnfinishedTask } from '../LedgerOutbox';
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

/** The ids of what `unpublish` answers. */
interface TakenIds extends Pick<TakenBack, 'unpublishedIds'> {
  readonly cancelled: readonly { readonly id: TaskId }[];
}

/** Compares the tasks that were put on a queue with it: those that it has lost are on no queue, and those that ended have ended. */
export const compareTasks = async (recovery: Recovery): Promise<Result<ComparedTasks, ReconcileError>> => {
  const { ledger, findPlaces, old: touched, untilId, batchSize } = recovery;
  const lostIds = new Set<TaskId>();
  const suspects: UnfinishedTask[] = [];
  // Those that run too, however recently their worker was heard of: Redis may have lost them all the same.
  const query = { touched, runningSinceMs: touched.untilMs, untilId };
  const compared = await walkPages({
    findPlaces,
    pageSize: batchSize,
    list: (page) => ledger.outbox.listPublished({ ...query, ...page }),
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
  { ledger, isDryRun, runningSinceMs, tally }: Recovery,
  taskName: LocatedTasks['taskName'],
  lost: readonly UnfinishedTask[],
): Promise<Result<readonly UnfinishedTask[], LedgerError>> => {
  const silent = lost.filter((task) => isSilent(task, runningSinceMs));
  const takenBack = isDryRun ? ok(preview(silent)) : await ledger.outbox.unpublish(silent);
  return takenBack.map(({ unpublishedIds, cancelled }) => {
    const cancelledIds = toIds(cancelled);
    // The others are counted as published when they are.
    const publishedCount = isDryRun ? unpublishedIds.length : 0;
    tally.add(taskName, { publishedCount, endedCount: cancelledIds.length });
    const takenIds = new Set([...unpublishedIds, ...cancelledIds]);
    return lost.filter(({ id }) => !takenIds.has(id));
  });
};

/** What `unpublish` would answer. */
const preview = (silent: readonly UnfinishedTask[]): TakenIds => ({
  unpublishedIds: toIds(silent.filter(({ hasCancelRequest }) => !hasCancelRequest)),
  cancelled: silent.filter(({ hasCancelRequest }) => hasCancelRequest),
});
