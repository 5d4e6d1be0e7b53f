import { type Result } from 'neverthrow';
import { type TaskName } from '../../domain/TaskEnd';
import { type TaskEvent } from '../../domain/TaskHandle';
import { type TaskResultError } from '../../domain/TaskResultError';
import { type TaskSighting, toTaskEvents } from '../../domain/TaskSighting';
import { toTimedOut } from '../../scheduler/HandleFailure';
import { type MemoryHandleParts } from './MemoryHandle';
import { toSighting } from './MemorySighting';
import { hasEnded, type MemoryTask } from './MemoryTask';

/** A task that is looked at, and for how long. */
interface Watched {
  readonly task: MemoryTask;
  readonly timeoutMs: number;
}

/** The events of one task; see `FoundHandle.events`. */
export async function* createMemoryEvents(
  name: TaskName,
  watched: Result<Watched, TaskResultError>,
  { queue, wait }: MemoryHandleParts,
): AsyncGenerator<TaskEvent> {
  if (watched.isErr()) return yield { error: watched.error };
  const { task, timeoutMs } = watched.value;
  const endMs = wait.nowMs() + timeoutMs;
  const untold: TaskEvent[] = [];
  let before: TaskSighting | undefined;
  const look = (): void => {
    const now = toSighting(task);
    const newCount = now.logCount - (before?.logCount ?? 0);
    const lines = newCount === 0 ? [] : task.logs.slice(-newCount);
    untold.push(...toTaskEvents({ task: name, before, now, lines }));
    before = now;
  };
  look();
  const stopWatching = queue.watch((changed) => changed === task && look());
  try {
    for (;;) {
      yield* untold.splice(0);
      if (hasEnded(task)) return;
      if (!(await wait.until(() => untold.length > 0, endMs - wait.nowMs())))
        return yield { status: toSighting(task).status, error: toTimedOut(name, timeoutMs) };
    }
  } finally {
    stopWatching();
  }
}
