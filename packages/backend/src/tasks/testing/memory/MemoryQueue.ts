import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskEnvelope } from '../../domain/TaskEnvelope';
import { type TaskId } from '../../domain/TaskId';
import { createCancellation } from '../../queue/Cancellation';
import { type JobInput } from '../../queue/TaskQueues';
import { createMemoryChildren } from './MemoryChildren';
import { createMemoryKeys } from './MemoryKeys';
import { createMemorySteps } from './MemorySteps';
import { hasEnded, type MemoryTask } from './MemoryTask';

/** The tasks of a test, in the order in which one worker with one slot would take them. */
export interface MemoryQueue {
  /** Takes a job, as `publish` hands it to Redis. Answers the id of the task that is there for it. */
  add(task: TaskDefinition<unknown>, job: JobInput): TaskId;
  get(id: string): MemoryTask | undefined;
  /** Every task, in the order in which they were scheduled. */
  list(): readonly MemoryTask[];
  /** How many tasks may run now. */
  countDue(): number;
  /** Takes the task whose turn it is; of the highest priority the one that has waited longest. */
  takeNext(): MemoryTask | undefined;
  /** When the next task that waits for a later time may run; milliseconds since 1970. */
  nextDueMs(): number | undefined;
  /** Puts a task back in line, or off by so many milliseconds. */
  putBack(task: MemoryTask, delayMs: number): void;
  /** Ends a task; tells everybody who waits for that. */
  end(task: MemoryTask, place: 'completed' | 'failed' | 'cancelled'): void;
  /** Calls back whenever something becomes of a task. Answers what ends that. */
  watch(listener: (task: MemoryTask) => void): () => void;
  /** Tells the watchers that something has become of a task. */
  tell(task: MemoryTask): void;
}

interface MemoryQueueOptions {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Whether a worker knows the task; those of others wait for ever. */
  isRunnable(task: MemoryTask): boolean;
}

/** Creates an empty queue. */
export const createMemoryQueue = ({ nowMs, isRunnable }: MemoryQueueOptions): MemoryQueue => {
  const tasks = new Map<string, MemoryTask>();
  /** Those that wait for their turn or their time. */
  const waiting = new Set<MemoryTask>();
  const keys = createMemoryKeys(nowMs);
  const listeners = new Set<(task: MemoryTask) => void>();
  let turns = 0;

  const line = (task: MemoryTask, dueMs: number): void => {
    const isDue = dueMs <= nowMs();
    task.dueMs = dueMs;
    task.place = isDue ? 'line' : 'later';
    waiting.add(task);
    if (isDue) task.turn = turns++;
  };

  /** The order in which the times of several came counts, as in Redis. */
  const promote = (): void => {
    const due = [...waiting].filter(({ place, dueMs }) => place === 'later' && dueMs <= nowMs());
    for (const task of due.toSorted((one, other) => one.dueMs - other.dueMs)) line(task, task.dueMs);
  };

  const tell = (task: MemoryTask): void => {
    for (const listener of [...listeners]) listener(task);
  };

  /** A task that waits under the debounce key of a call gets its payload, and is put off again. */
  const replace = ({ data, options, debounce }: JobInput, key: string): MemoryTask | undefined => {
    const there = tasks.get(keys.find(key) ?? '');
    if (debounce === undefined || there === undefined) return undefined;
    if (there.takenCount > 0 || hasEnded(there)) {
      keys.forget(key);
      return undefined;
    }
    there.envelope = toStored(data);
    there.jobPriority = options.priority ?? 0;
    const { windowMs, maxWaitMs = Number.POSITIVE_INFINITY } = debounce;
    const dueMs = Math.min(nowMs() + windowMs, there.scheduledAtMs + maxWaitMs);
    there.delayMs = Math.max(0, dueMs - there.scheduledAtMs);
    if (dueMs > nowMs() || there.place === 'later') line(there, dueMs);
    tell(there);
    return there;
  };

  const findSame = (job: JobInput, key: string): MemoryTask | undefined =>
    replace(job, key) ?? tasks.get(keys.find(key) ?? '');

  return {
    add: (task, job) => {
      const { id, name, data, options } = job;
      const { deduplication, delay = 0, timestamp = nowMs(), priority = 0, attempts = 1 } = options;
      const key = deduplication === undefined ? undefined : `${name} ${deduplication.id}`;
      const there = tasks.get(id) ?? (key === undefined ? undefined : findSame(job, key));
      if (there !== undefined) return there.id;
      if (key !== undefined) keys.keep(key, id, deduplication?.ttl);
      const added: MemoryTask = {
        id,
        task,
        scheduledAtMs: timestamp,
        maxAttempts: attempts,
        deduplicationKey: key,
        envelope: toStored(data),
        jobPriority: priority,
        delayMs: delay,
        place: 'line',
        dueMs: timestamp,
        turn: 0,
        attemptsMade: 0,
        takenCount: 0,
        isRetrying: false,
        logs: [],
        logCount: 0,
        steps: createMemorySteps(),
        children: createMemoryChildren(),
        cancellation: createCancellation(),
      };
      tasks.set(id, added);
      line(added, timestamp + delay);
      tell(added);
      return id;
    },
    get: (id) => tasks.get(id),
    list: () => [...tasks.values()],
    countDue: () => [...waiting].filter((task) => task.dueMs <= nowMs() && isRunnable(task)).length,
    takeNext: () => {
      promote();
      let next: MemoryTask | undefined;
      for (const task of waiting)
        if (task.place === 'line' && isRunnable(task) && isBefore(task, next)) next = task;
      if (next === undefined) return undefined;
      waiting.delete(next);
      next.place = 'running';
      next.takenCount += 1;
      next.isRetrying = false;
      next.startedAtMs = nowMs();
      tell(next);
      return next;
    },
    nextDueMs: () => {
      const times = [...waiting].filter(isRunnable).flatMap(({ dueMs }) => (dueMs > nowMs() ? [dueMs] : []));
      return times.length === 0 ? undefined : Math.min(...times);
    },
    putBack: (task, delayMs) => {
      line(task, nowMs() + delayMs);
      tell(task);
    },
    end: (task, place) => {
      waiting.delete(task);
      task.place = place;
      task.endedAtMs = nowMs();
      keys.release(task.deduplicationKey, task.id);
      tell(task);
    },
    watch: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell,
  };
};

/** Whether it is the turn of one task rather than of another. */
const isBefore = (one: MemoryTask, other: MemoryTask | undefined): boolean =>
  other === undefined || (one.jobPriority - other.jobPriority || one.turn - other.turn) < 0;

/** As Redis gives it back: JSON. The envelope was made by a scheduler. */
const toStored = (data: unknown): TaskEnvelope => JSON.parse(JSON.stringify(data)) as TaskEnvelope;
