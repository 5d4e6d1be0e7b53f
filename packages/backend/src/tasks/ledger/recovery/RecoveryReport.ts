import { type NamedTask } from '../walkPlaces';

/** Tasks that are not in place, and why. */
export interface LeftTasks {
  /** In words. */
  readonly reason: string;
  readonly count: number;
}

/** What a recovery came to; one that only looks counts what another would do. */
export interface RecoveryCounts {
  /** Unfinished tasks of the ledger that were compared with their queues. */
  readonly checkedCount: number;
  /** Those of them with which nothing was to be done: they were on their queue, or somebody else saw to them meanwhile. */
  readonly inPlaceCount: number;
  /** Tasks that were on no queue, and were put there. */
  readonly publishedCount: number;
  /** Tasks that had ended, and of which the ledger did not know it, or that are cancelled for being lost: somebody wanted them to stop. */
  readonly endedCount: number;
  /** Tasks that are not in place, or were not checked, for no queue says where they are. */
  readonly leftCount: number;
}

/** What a recovery came to for the tasks of one name. */
export interface TaskNameRecovery extends RecoveryCounts {
  readonly taskName: string;
  readonly left: readonly LeftTasks[];
}

/** What a recovery came to. */
export interface RecoveryReport extends RecoveryCounts {
  /** In the order of their names; those of which no task is unfinished are not among them. */
  readonly taskNames: readonly TaskNameRecovery[];
}

/** What is counted; the others follow from it, and from the tasks that are left. */
type Counts = Omit<RecoveryCounts, 'leftCount' | 'inPlaceCount'>;

/** Counts what a recovery does. */
export interface RecoveryTally {
  add(taskName: string, given: Partial<Counts>): void;
  /** A task is not in place; the last reason counts. */
  leave(task: NamedTask, reason: string): void;
  /** The same of a task that is not checked, unless it was before. */
  leaveUnchecked(task: NamedTask, reason: string): void;
  /** A task that was left is in place. */
  settle(id: string): void;
  isLeft(id: string): boolean;
  /** Whether a task is left, and counted as checked. */
  isLeftChecked(id: string): boolean;
  leftCount(): number;
  toReport(): RecoveryReport;
}

const NOTHING: Counts = { checkedCount: 0, publishedCount: 0, endedCount: 0 };

const sum = (one: Counts, other: Partial<Counts>): Counts => ({
  checkedCount: one.checkedCount + (other.checkedCount ?? 0),
  publishedCount: one.publishedCount + (other.publishedCount ?? 0),
  endedCount: one.endedCount + (other.endedCount ?? 0),
});

interface LeftTask {
  readonly taskName: string;
  readonly reason: string;
  readonly isChecked: boolean;
}

const toCounts = (counts: Counts, left: readonly LeftTask[]): RecoveryCounts => {
  const { checkedCount, publishedCount, endedCount } = counts;
  const leftCheckedCount = left.filter(({ isChecked }) => isChecked).length;
  const inPlaceCount = Math.max(0, checkedCount - publishedCount - endedCount - leftCheckedCount);
  return { ...counts, inPlaceCount, leftCount: left.length };
};

/** Creates a count of nothing. */
export const createRecoveryTally = (): RecoveryTally => {
  const counts = new Map<string, Counts>();
  const left = new Map<string, LeftTask>();
  const toNameRecovery = (taskName: string): TaskNameRecovery => {
    const own = [...left.values()].filter((task) => task.taskName === taskName);
    const reasons = Map.groupBy(own, ({ reason }) => reason);
    return {
      taskName,
      ...toCounts(counts.get(taskName) ?? NOTHING, own),
      left: [...reasons].map(([reason, tasks]) => ({ reason, count: tasks.length })),
    };
  };
  const add: RecoveryTally['add'] = (taskName, given) => {
    counts.set(taskName, sum(counts.get(taskName) ?? NOTHING, given));
  };
  const isLeftChecked = (id: string): boolean => left.get(id)?.isChecked === true;
  const leave = ({ id, taskName }: NamedTask, reason: string, isChecked: boolean): void => {
    add(taskName, {});
    left.set(id, { taskName, reason, isChecked });
  };
  return {
    add,
    leave: (task, reason) => leave(task, reason, true),
    leaveUnchecked: (task, reason) => leave(task, reason, isLeftChecked(task.id)),
    settle: (id) => left.delete(id),
    isLeft: (id) => left.has(id),
    isLeftChecked,
    leftCount: () => left.size,
    toReport: () => {
      const taskNames = [...counts.keys()].toSorted().map(toNameRecovery);
      const inPlaceCount = taskNames.reduce((count, name) => count + name.inPlaceCount, 0);
      const all = toCounts([...counts.values()].reduce(sum, NOTHING), [...left.values()]);
      return { ...all, inPlaceCount, taskNames };
    },
  };
};
