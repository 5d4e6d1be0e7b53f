import { decideTick } from '../../domain/RecurringSchedule';
import { toRunCorrelationId, toRunTaskId } from '../../domain/ScheduleId';
import { type StoredSchedule } from '../../domain/StoredSchedule';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskId } from '../../domain/TaskId';
import { toRunJob } from '../../queue/RunJob';
import { type ScheduleSnapshot, type ScheduleStore } from '../../queue/ScheduleStore';
import { type JobInput } from '../../queue/TaskQueues';

/** The recurring schedules of a test. */
export interface MemorySchedules {
  /** For what decides about them, which is the same as on Redis. */
  readonly store: Pick<ScheduleStore, 'read' | 'readAll' | 'write' | 'remove'>;
  /** When the next run is due; milliseconds since 1970. */
  nextDueMs(): number | undefined;
  /** Adds a task for each run that is due. */
  startDue(): void;
}

interface MemorySchedulesOptions {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Attempts of a task that does not say. */
  readonly maxAttempts: number;
  findTask(name: string): TaskDefinition<unknown> | undefined;
  /** Answers the id of the task that is there for the job. */
  add(task: TaskDefinition<unknown>, job: JobInput): TaskId;
}

type Kept = { -readonly [Field in keyof ScheduleSnapshot]: ScheduleSnapshot[Field] };

/** Creates an empty set of schedules. */
export const createMemorySchedules = ({
  nowMs,
  maxAttempts,
  findTask,
  add,
}: MemorySchedulesOptions): MemorySchedules => {
  const kept = new Map<string, Kept>();

  /** In the order of their ids, as Redis keeps them. */
  const list = (): readonly Kept[] =>
    [...kept.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));

  const startRun = (schedule: Kept, dueMs: number): void => {
    const { id, stored } = schedule;
    const { timing, missed, taskName } = stored;
    const { isRun, nextMs } = decideTick({ timing, missed, dueMs, nowMs: nowMs() });
    schedule.dueMs = nextMs;
    const task = findTask(taskName);
    if (!isRun || task === undefined) return;
    const taskId = toRunTaskId(id, dueMs);
    const correlationId = toRunCorrelationId(taskId);
    const job = toRunJob({ taskId, scheduleId: id, stored, correlationId, task, maxAttempts });
    // Another id is that of the unfinished run because of which this one is skipped.
    if (add(task, job) === taskId) schedule.lastRunMs = nowMs();
  };

  return {
    store: {
      read: async (id) => {
        const found = kept.get(id);
        return { nowMs: nowMs(), schedules: found === undefined ? [] : [structuredClone(found)] };
      },
      readAll: async () => ({
        nowMs: nowMs(),
        schedules: list().map((each) => structuredClone(each)),
      }),
      remove: async (id) => kept.delete(id),
      write: async ({ id, stored, fingerprint: read, dueMs }) => {
        const { fingerprint: current, lastRunMs, dueMs: before } = kept.get(id) ?? {};
        if (current !== read) return false;
        const fingerprint = JSON.stringify(stored);
        const copy = JSON.parse(fingerprint) as StoredSchedule; // a round through JSON, as on Redis
        kept.set(id, { id, stored: copy, fingerprint, dueMs: dueMs ?? before, lastRunMs });
        return true;
      },
    },
    nextDueMs: () => {
      const times = [...kept.values()].flatMap(({ dueMs }) => dueMs ?? []);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    startDue: () => {
      for (const schedule of list())
        while (schedule.dueMs !== undefined && schedule.dueMs <= nowMs()) startRun(schedule, schedule.dueMs);
    },
  };
};
