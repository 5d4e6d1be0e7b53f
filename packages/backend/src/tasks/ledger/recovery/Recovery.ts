import { type TaskId } from '../../domain/TaskId';
import { type QueuePlace } from '../../queue/locateTasks';
import { type UnfinishedTask } from '../LedgerOutbox';
import { type PublishJob } from '../publishTasks';
import { type FindPlaces } from '../reconcilePage';
import { type TaskLedger } from '../TaskLedger';
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
  /** Tasks count as they were then; milliseconds since 1970. */
  readonly untouchedSinceMs: number;
  /** The same for those that run; milliseconds since 1970. */
  readonly runningSinceMs: number;
  readonly now: () => number;
  readonly patienceMs: number;
  readonly tally: RecoveryTally;
}

/** Tasks of one name, and where their queue has each; both in the same order. */
export interface LocatedTasks {
  readonly taskName: string;
  readonly tasks: readonly UnfinishedTask[];
  readonly places: readonly QueuePlace[];
}

/** Those of the tasks that no queue has. */
export const toAbsent = ({ tasks, places }: LocatedTasks): readonly UnfinishedTask[] =>
  tasks.filter((_task, index) => places[index]?.kind === 'absent');

/** The ids of tasks. */
export const toIds = (tasks: readonly { readonly id: TaskId }[]): readonly TaskId[] =>
  tasks.map(({ id }) => id);
