import { type TaskId } from '../../domain/TaskId';
import { type OldTimes } from '../OldTimes';
import { type PublishJob } from '../publishTasks';
import { type TaskLedger } from '../TaskLedger';
import { type FindPlaces, type LocatedTasks } from '../walkPlaces';
import { type RecoveryTally } from './RecoveryReport';

/** What a recovery works with. */
export interface RecoveryParts {
  readonly ledger: Pick<TaskLedger, 'writer' | 'outbox'>;
  readonly findPlaces: FindPlaces;
  readonly publish: PublishJob;
  /** Tasks that are compared, or published, at the same time; 1 to a few hundred. */
  readonly batchSize: number;
  /** How long nobody else publishes what this one has claimed; milliseconds. */
  readonly leaseMs: number;
  /** How long a worker that runs a task may be silent; milliseconds. */
  readonly runningAgeMs: number;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

/** How a recovery goes about it. */
export interface RecoveryOptions {
  /** Changes nothing, and counts what would be done. Default: false. */
  readonly isDryRun?: boolean;
  /** Leaves tasks alone to which something happened more recently; milliseconds, >= 0. Default: 0. */
  readonly minAgeMs?: number;
  /** How long tasks are waited for that another process has claimed; milliseconds. Default: a little longer than a lease. */
  readonly patienceMs?: number;
}

/** One recovery under way. */
export interface Recovery extends RecoveryParts {
  readonly isDryRun: boolean;
  /** Tasks to which something happened at other times are left alone. The same from beginning to end: what was young stays so. */
  readonly old: OldTimes;
  /** Those behind this one are left alone too: they were scheduled since, as far as ids tell. */
  readonly untilId: TaskId;
  /** Who was heard of later than this may live, `runningAgeMs` before the recovery began; milliseconds since 1970. */
  readonly runningSinceMs: number;
  readonly now: () => number;
  readonly patienceMs: number;
  readonly tally: RecoveryTally;
}

/**
 * Leaves tasks of which the queue does not say where they are.
 *
 * @param checkedIds Those of them that it has said before; they are counted as checked. Default: none.
 */
export const leaveUnlocated =
  ({ tally }: Recovery, checkedIds: ReadonlySet<TaskId> = new Set()) =>
  ({ tasks }: Pick<LocatedTasks, 'tasks'>, reason: string): void => {
    for (const task of tasks) {
      if (checkedIds.has(task.id)) tally.leave(task, reason);
      else tally.leaveUnchecked(task, reason);
    }
  };
