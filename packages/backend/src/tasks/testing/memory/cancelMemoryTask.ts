import { type CancelledTask } from '../../ledger/TaskCancellation';
import { type MemoryQueue } from './MemoryQueue';
import { hasEnded, toTaskRecord } from './MemoryTask';

interface MemoryCancellation {
  readonly queue: MemoryQueue;
  readonly taskName: string;
  readonly id: string;
  readonly reason: string | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Cancels a task that waits, with the children that it waits for, and asks one that runs to stop, as `cancelTask` does on
 * Redis.
 */
export const cancelMemoryTask = async (cancellation: MemoryCancellation): Promise<CancelledTask> => {
  const { queue, taskName, id, reason, nowMs } = cancellation;
  const task = queue.get(id);
  if (task === undefined || task.task.queueName !== taskName) return { change: 'none', record: undefined };
  if (hasEnded(task) || task.cancellation.request !== undefined)
    return { change: 'none', record: toTaskRecord(task) };
  task.cancelReason = reason;
  if (task.place === 'running') {
    task.cancellation.hear({ requestedAt: new Date(nowMs), ...(reason === undefined ? {} : { reason }) });
    queue.tell(task);
    return { change: 'requested', record: toTaskRecord(task) };
  }
  queue.end(task, 'cancelled');
  const because = `its parent ${taskName} ${id} was cancelled`;
  for (const child of await task.children.listUnended())
    await cancelMemoryTask({ ...cancellation, taskName: child.name, id: child.id, reason: because });
  return { change: 'cancelled', record: toTaskRecord(task) };
};
