import { type FailedTask } from '../queue/FailedTasks';

/** Ids made later sort later: they break the ties of tasks that failed in the same millisecond. */
const compareOldest = (one: FailedTask, other: FailedTask): number =>
  one.failedAtMs - other.failedAtMs || (one.id < other.id ? -1 : 1);

/** Merges the failed tasks of several queues, the newest failure first. */
export const mergeNewest = (lists: readonly (readonly FailedTask[])[]): readonly FailedTask[] =>
  lists.flat().toSorted((one, other) => compareOldest(other, one));

/** Merges the failed tasks of several queues, the oldest failure first. */
export const mergeOldest = (lists: readonly (readonly FailedTask[])[]): readonly FailedTask[] =>
  lists.flat().toSorted(compareOldest);
