import { type TaskEnd } from '../../domain/TaskEnd';
import { type TaskSighting } from '../../domain/TaskSighting';
import { hasEnded, type MemoryTask, toStatus } from './MemoryTask';

type Ended = Exclude<TaskEnd, { readonly kind: 'removed' }>;

/** How a task has ended; a copy, as each reader of Redis has one. */
export const toEnd = (task: MemoryTask): Ended => structuredClone(toOwnEnd(task));

const toOwnEnd = ({ place, value, error, cancelReason }: MemoryTask): Ended => {
  if (place === 'completed') return { kind: 'completed', value };
  if (place === 'cancelled' || error === undefined)
    return { kind: 'cancelled', ...(cancelReason === undefined ? {} : { reason: cancelReason }) };
  return { kind: 'failed', error };
};

/** What somebody sees who looks at a task now. */
export const toSighting = (task: MemoryTask): TaskSighting => ({
  status: toStatus(task),
  ...(task.progressJson === undefined ? {} : { progressJson: task.progressJson }),
  logCount: task.logCount,
  ...(hasEnded(task) ? { end: toEnd(task) } : {}),
});
