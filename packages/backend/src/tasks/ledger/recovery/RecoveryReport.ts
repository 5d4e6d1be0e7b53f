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
  /** Tasks that had ended, and of which the ledger did not know it. */
  readonly endedCount: number;
  /** Tasks that are not in place. */
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
  leave(task: { readonly id: string; readonly taskName: string }, reason: string): void;
  /** A task that was left is in place. */
  settle(id: string): void;
  isLeft(id: string): boolean;
  leftCount(): number;
  toReport(): RecoveryReport;
}

const NOTHING: Counts = { checkedCount: 0, publishedCount: 0, endedCount: 0 };

const sum = (one: Counts, other: Partial<Counts>): Counts => ({
  checkedCount: one.checkedCount + (other.checkedCount ?? 0),
  publishedCount: one.publishedCount + (other.publishedCount ?? 0),
  endedCount: one.endedCount + (other.endedCount ?? 0),
});

/** Tasks of a queue that did not say where they are are left, and were not checked. */
const toCounts = (counts: Counts, leftCount: number): RecoveryCounts => {
  const { checkedCount, publishedCount, endedCount } = counts;
  return {
    ...counts,
    inPlaceCount: Math.max(0, checkedCount - publishedCount - endedCount - leftCount),
    leftCount,
  };
};

/** Creates a count of nothing. */
export const createRecoveryTally = (): RecoveryTally => {
  const counts = new Map<string, Counts>();
  const left = new Map<string, { readonly taskName: string; readonly reason: string }>();
  const toNameRecovery = (taskName: string): TaskNameRecovery => {
    const own = [...left.values()].filter((task) => task.taskName === taskName);
    const reasons = Map.groupBy(own, ({ reason }) => reason);
    return {
      taskName,
      ...toCounts(counts.get(taskName) ?? NOTHING, own.length),
      left: [...reasons].map(([reason, tasks]) => ({ reason, count: tasks.length })),
    };
  };
  const add: RecoveryTally['add'] = (taskName, given) => {
    counts.set(taskName, sum(counts.get(taskName) ?? NOTHING, given));
  };
  return {
    add,
    leave: ({ id, taskName }, reason) => {
      add(taskName, {});
      left.set(id, { taskName, reason });
    },
    settle: (id) => left.delete(id),
    isLeft: (id) => left.has(id),
    leftCount: () => left.size,
    toReport: () => {
      const taskNames = [...counts.keys()].toSorted().map(toNameRecovery);
      const inPlaceCount = taskNames.reduce((count, name) => count + name.inPlaceCount, 0);
      return { ...toCounts([...counts.values()].reduce(sum, NOTHING), left.size), inPlaceCount, taskNames };
    },
  };
};
