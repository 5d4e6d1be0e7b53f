import { MAX_LOG_LINES } from '../../domain/TaskReport';
import { type Delivery } from '../../queue/Delivery';
import { type MemoryQueue } from './MemoryQueue';
import { type MemoryTask } from './MemoryTask';

/** Takes what a handler reports; everything at once, where Redis gets the newest of 250 ms. */
export const createMemoryReport = (queue: MemoryQueue, task: MemoryTask): Delivery['report'] => ({
  progress: (json) => {
    task.progressJson = json;
    queue.tell(task);
  },
  log: (line) => {
    task.logs = [...task.logs, line].slice(-MAX_LOG_LINES);
    task.logCount += 1;
    queue.tell(task);
  },
});
