import { decideTick } from '../../domain/RecurringSchedule';
import { toRunCorrelationId, toRunTaskId } from '../../domain/ScheduleId';
import { type StoredSchedule } from '../../domain/StoredSchedule';
import { type TaskDefinition } from '../../domain/TaskDefinition';
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
  add(task: TaskDefinition<unknown>, job: JobInput): void;
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

  const startRun = (schedule: Kept, dueMs: number): void => {
    const { id, stored } = schedule;
    const { timing, missed, taskName } = stored;
    const { isRun, nextMs } = decideTick({ timing, missed, dueMs, nowMs: nowMs() });
    schedule.dueMs = nextMs;
    schedule.lastRunMs = dueMs;
    const task = findTask(taskName);
    if (!isRun || task === undefined) return;
    const taskId = toRunTaskId(id, dueMs);
    const correlationId = toRunCorrelationId(taskId);
    add(task, toRunJob({ taskId, scheduleId: id, stored, correlationId, task, maxAttempts }));
  };

  return {
    store: {
      read: async (id) => {
        const found = kept.get(id);
        return { nowMs: nowMs(), schedules: found === undefined ? [] : [{ ...found }] };
      },
      readAll: async () => ({ nowMs: nowMs(), schedules: [...kept.values()].map((each) => ({ ...each })) }),
      remove: async (id) => kept.delete(id),
      write: async ({ id, stored, dueMs }) => {
        const { lastRunMs, dueMs: before } = kept.get(id) ?? {};
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
      for (const schedule of kept.values())
        while (schedule.dueMs !== undefined && schedule.dueMs <= nowMs()) startRun(schedule, schedule.dueMs);
    },
  };
};
