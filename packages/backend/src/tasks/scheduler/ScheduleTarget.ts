import { type Result } from 'neverthrow';
import { type RecurringSchedule } from '../domain/RecurringSchedule';
import { type ScheduleError } from '../domain/ScheduleError';
import { type TaskHandle } from '../domain/TaskHandle';
import { type TaskId } from '../domain/TaskId';
import { type PublishError, publish } from '../queue/publish';
import { createQueueAccess } from '../queue/QueueAccess';
import { type JobInput } from '../queue/TaskQueues';
import { createTaskHandle, type TaskReceipt } from './QueuedTask';
import { type CheckedSchedule, saveSchedule } from './RecurringCall';
import { type TaskSchedulerOptions } from './TaskScheduler';

/** Where the calls that a scheduler has accepted go: the queues on Redis, or the memory of the testing kit. */
export interface ScheduleTarget {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Takes a task. Answers the id of the one that is on the queue: the given one, or one that stands for it. */
  publish(job: JobInput): Promise<Result<TaskId, PublishError>>;
  /** Keeps a recurring schedule: a new one, or in place of the one that has its id. */
  saveSchedule(schedule: CheckedSchedule): Promise<Result<RecurringSchedule, ScheduleError>>;
  /** What the caller gets for a task that was taken. */
  toHandle<Output>(receipt: TaskReceipt): TaskHandle<Output>;
}

/** The queues on Redis. Free: the connection is opened by the first use. */
export const createRedisTarget = (parts: TaskSchedulerOptions): ScheduleTarget => ({
  nowMs: Date.now,
  publish: (job) =>
    publish({ ...createQueueAccess(parts).open(), job, deadlineMs: parts.appConfig.scheduleDeadlineMs }),
  saveSchedule: (schedule) => saveSchedule(schedule, parts),
  toHandle: createTaskHandle,
});
