import { type CancelledTask } from '../../queue/cancelTask';
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

/** Cancels a task that waits, and asks one that runs to stop, as `cancelJob` does on Redis. */
export const cancelMemoryTask = ({
  queue,
  taskName,
  id,
  reason,
  nowMs,
}: MemoryCancellation): CancelledTask => {
  const task = queue.get(id);
  if (task === undefined || task.task.queueName !== taskName) return { change: 'none', record: undefined };
  const isChanged = !hasEnded(task) && task.cancellation.request === undefined;
  const isRunning = task.place === 'running';
  if (isChanged) {
    task.cancelReason = reason;
    if (isRunning) {
      task.cancellation.hear({ requestedAt: new Date(nowMs), ...(reason === undefined ? {} : { reason }) });
      queue.tell(task);
    } else {
      queue.end(task, 'cancelled');
    }
  }
  return {
    change: isChanged ? (isRunning ? 'requested' : 'cancelled') : 'none',
    record: toTaskRecord(task),
  };
};
