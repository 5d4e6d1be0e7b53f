import { err, ok, type Result } from 'neverthrow';
import { isSilent } from './isSilent';
import { type LedgerError } from './LedgerError';
import { type LostCancelled, type UnfinishedTask, type Untouched } from './LedgerOutbox';
import { type ReconcileError } from './ReconcileError';
import { type TaskLedger } from './TaskLedger';
import { type FindPlaces, type LocatedTasks, toAbsent, walkPages } from './walkPlaces';
import { writeQueueEnds } from './writeQueueEnds';

/** What a comparison of ledger and queues came to. */
export interface ReconcileReport {
  /** Unfinished tasks that were compared with their queues. */
  readonly checkedCount: number;
  /** Tasks that no queue knew, and that the relay publishes again. */
  readonly republishedCount: number;
  /** Tasks that had ended, and of which the ledger did not know it. */
  readonly endedCount: number;
  /** Tasks that could not be compared, or whose end could not be written; the next comparison tries again. */
  readonly leftCount: number;
}

/** Tasks of one name that were left, and why. */
export interface LeftInPlace {
  readonly taskName: string;
  readonly taskCount: number;
  /** In words. */
  readonly reason: string;
}

interface Reconciliation {
  readonly ledger: Pick<TaskLedger, 'writer' | 'outbox'>;
  readonly findPlaces: FindPlaces;
  readonly pageSize: number;
  /** Which tasks are compared; asked before each page, for the time goes on. */
  untouched(): Untouched;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Asked before each page. */
  isStopped(): boolean;
  onLeft(left: LeftInPlace): void;
  /** There are tasks to be published again. */
  onUnpublished(): void;
  /** A task was lost that somebody wanted to stop. */
  onCancelled(cancelled: LostCancelled): void;
}

/**
 * Compares unfinished tasks with their queues: those that were lost are on no queue, and those that ended have ended. Between the
 * reading of their rows and the question to the queue a task may have moved: one that a worker has ended is ended in the ledger
 * before its job is; one to which anything happened is left alone by `unpublish`.
 */
export const reconcileTasks = async (
  reconciliation: Reconciliation,
): Promise<Result<ReconcileReport, ReconcileError>> => {
  const { ledger, untouched, onLeft, onUnpublished } = reconciliation;
  let report: ReconcileReport = { checkedCount: 0, republishedCount: 0, endedCount: 0, leftCount: 0 };
  const leave = (left: LeftInPlace): void => {
    onLeft(left);
    report = { ...report, leftCount: report.leftCount + left.taskCount };
  };
  const walked = await walkPages({
    ...reconciliation,
    list: (page) => ledger.outbox.listPublished({ ...untouched(), ...page }),
    onLeft: ({ taskName, tasks }, reason) => leave({ taskName, taskCount: tasks.length, reason }),
    act: async (located) => {
      const settled = await settle(reconciliation, located, leave);
      if (settled.isErr()) return err(settled.error);
      if (settled.value.republishedCount > 0) onUnpublished();
      report = {
        ...report,
        checkedCount: report.checkedCount + located.tasks.length,
        republishedCount: report.republishedCount + settled.value.republishedCount,
        endedCount: report.endedCount + settled.value.endedCount,
      };
      return ok();
    },
  });
  return walked.map(() => report);
};

const settle = async (
  { ledger: { writer, outbox }, untouched, now, onCancelled }: Reconciliation,
  located: LocatedTasks<UnfinishedTask>,
  leave: Reconciliation['onLeft'],
): Promise<Result<Pick<ReconcileReport, 'republishedCount' | 'endedCount'>, LedgerError>> => {
  const { runningSinceMs } = untouched();
  const takenBack = await outbox.unpublish(
    toAbsent(located).filter((task) => isSilent(task, runningSinceMs)),
  );
  if (takenBack.isErr()) return err(takenBack.error);
  takenBack.value.cancelled.forEach(onCancelled);
  const { endedCount, left } = await writeQueueEnds(writer, located, now());
  const [first] = left;
  if (first !== undefined)
    leave({ taskName: located.taskName, taskCount: left.length, reason: first.error.message });
  return ok({ republishedCount: takenBack.value.unpublishedIds.length, endedCount });
};
