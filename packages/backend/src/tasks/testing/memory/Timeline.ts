import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskSlot } from '../../queue/JobSlots';
import { TestingError } from '../TestingError';
import { type MemoryQueue } from './MemoryQueue';
import { type MemorySchedules } from './MemorySchedules';
import { type MemorySlot } from './MemorySlot';
import { hasEnded, type MemoryTask } from './MemoryTask';
import { type TestClock } from './TestClock';

/** Runs the tasks of a test while its clock stands still or moves. One call at a time; others wait for it. */
export interface Timeline {
  /** Moves the clock by so many milliseconds, stopping wherever something becomes due, and runs that. */
  advance(ms: number): Promise<void>;
  /** Runs what may run now and all that it leads to; the clock moves on for what has begun, not for anything else. */
  drain(): Promise<void>;
  /** Runs, moving the clock as far as needed, until something holds, or a time is over; answers whether it holds. */
  runUntil(isTrue: () => boolean, endMs: number): Promise<boolean>;
}

interface TimelineOptions {
  readonly clock: TestClock;
  readonly queue: MemoryQueue;
  readonly schedules: MemorySchedules;
  readonly slot: MemorySlot;
  run(task: MemoryTask, slot: TaskSlot): Promise<void>;
  /** Keeps the schedules that definitions declare, if they are not kept yet; called before anything runs. */
  declare(): Promise<void>;
}

/** Attempts at one moment of the clock beside those that are due; more are of tasks that cause each other without an end. */
const MAX_ATTEMPTS_AT_ONCE = 10_000;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Creates what runs the tasks of a test. */
export const createTimeline = (options: TimelineOptions): Timeline => {
  const { clock, queue, schedules, slot, run, declare } = options;
  let turn: Promise<unknown> = Promise.resolve();

  /** Calls from a test may overlap, as with `Promise.all`. A handler that asked would wait for itself. */
  const inTurn = <T>(what: string, action: () => Promise<T>): Promise<T> => {
    if (slot.isInside()) {
      const message = `expected ${what} to be called by a test, got a call from a handler, which it would wait for`;
      return Promise.reject(new TestingError(message));
    }
    const result = turn.then(async () => {
      await declare();
      return action();
    });
    turn = result.catch(() => undefined);
    return result;
  };

  const takeNext = (): MemoryTask | undefined => {
    const task = queue.takeNext();
    if (task !== undefined) slot.take((taken) => run(task, taken));
    return task;
  };

  /** Runs what may run at this moment. */
  const runDue = async (): Promise<void> => {
    const maxCount = queue.countDue() + MAX_ATTEMPTS_AT_ONCE;
    let count = 0;
    for (;;) {
      if (!(await slot.whenFree())) return;
      // A parent whose child has just ended asks for the slot in this turn, and goes first.
      await nextTurn();
      if (!slot.isFree() || slot.giveBack()) continue;
      const task = takeNext();
      if (task === undefined) return;
      count += 1;
      if (count > maxCount) throw toEndless(task.task);
    }
  };

  const nextMs = (): number | undefined => {
    const times = [clock.nextTimerMs(), queue.nextDueMs(), schedules.nextDueMs()].flatMap((ms) => ms ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  };

  const moveTo = async (ms: number): Promise<void> => {
    if (clock.moveTo(ms) > 0) slot.wake();
    schedules.startDue();
    await runDue();
  };

  const moveThrough = async (endMs: number): Promise<void> => {
    for (let next = nextMs(); next !== undefined && next <= endMs; next = nextMs()) await moveTo(next);
    await moveTo(endMs);
  };

  /** When what has begun goes on: the next attempt, the task that is waited for, the time limit that is over. */
  const nextOfBegunMs = (): number | undefined => {
    const begun = queue.list().filter((task) => task.isRetrying || isAwaited(task));
    const times = begun.flatMap(({ dueMs }) => (dueMs > clock.nowMs() ? [dueMs] : []));
    const timerMs = slot.isFree() ? undefined : clock.nextTimerMs();
    const all = timerMs === undefined ? times : [...times, timerMs];
    return all.length === 0 ? undefined : Math.min(...all);
  };

  return {
    advance: (ms) =>
      inTurn('advance', async () => {
        const endMs = clock.nowMs() + ms;
        await runDue();
        await moveThrough(endMs);
      }),
    drain: () =>
      inTurn('drain', async () => {
        await runDue();
        for (let next = nextOfBegunMs(); next !== undefined; next = nextOfBegunMs()) await moveThrough(next);
      }),
    runUntil: (isTrue, endMs) =>
      inTurn('result', async () => {
        // It may have come to hold while others had their turn.
        if (!isTrue()) await runDue();
        for (let next = nextMs(); !isTrue() && next !== undefined && next <= endMs; next = nextMs())
          await moveTo(next);
        if (!isTrue()) await moveTo(endMs);
        return isTrue();
      }),
  };
};

/** Whether a running task waits for it. */
const isAwaited = (task: MemoryTask): boolean => task.envelope.ancestors !== undefined && !hasEnded(task);

const toEndless = ({ queueName }: TaskDefinition<unknown>): TestingError =>
  new TestingError(
    `expected the tasks to come to an end, got more than ${MAX_ATTEMPTS_AT_ONCE} attempts while the clock stood still; the last one is of ${queueName}`,
  );
