import { err, ok } from 'neverthrow';
import { type TaskName, toRemoved } from '../../domain/TaskEnd';
import { type TaskSighting } from '../../domain/TaskSighting';
import { toTimedOut } from '../../scheduler/HandleFailure';
import { type TaskLooks } from '../../scheduler/TaskLooks';
import { type MemoryQueue } from './MemoryQueue';
import { toSighting } from './MemorySighting';
import { type MemoryTask } from './MemoryTask';
import { type MemoryWait } from './MemoryWait';

interface MemoryLooksParts {
  readonly queue: MemoryQueue;
  readonly wait: MemoryWait;
  /** The task, if there is one of this name. */
  find(task: TaskName): MemoryTask | undefined;
}

/** Begins to look at a task of a test. No look is left out; who waits for one lets the clock go on. */
export const openMemoryLooks = (
  task: TaskName,
  timeoutMs: number,
  { queue, wait, find }: MemoryLooksParts,
): TaskLooks => {
  const found = find(task);
  const endMs = wait.nowMs() + timeoutMs;
  const unseen: TaskSighting[] = found === undefined ? [] : [toSighting(found)];
  const closed = Promise.withResolvers<void>();
  let isClosed = false;
  const stopWatching = queue.watch((changed) => {
    if (changed === found) unseen.push(toSighting(changed));
  });
  const hasNews = (): boolean => isClosed || unseen.length > 0;
  return {
    next: async () => {
      if (found === undefined) return err(toRemoved(task));
      await Promise.race([closed.promise, wait.until(hasNews, Math.max(0, endMs - wait.nowMs()))]);
      if (isClosed) return undefined;
      const sighting = unseen.shift();
      return sighting === undefined ? err(toTimedOut(task, timeoutMs)) : ok(sighting);
    },
    close: () => {
      isClosed = true;
      stopWatching();
      closed.resolve();
      wait.wake();
    },
  };
};
