import { type Result } from 'neverthrow';
import { type RecurringSchedule } from '../domain/RecurringSchedule';
import { type ScheduleError } from '../domain/ScheduleError';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type FoundHandle, type TaskHandle } from '../domain/TaskHandle';
import { type TaskId } from '../domain/TaskId';
import { type PublishError, publish } from '../queue/publish';
import { createQueueAccess } from '../queue/QueueAccess';
import { type JobInput } from '../queue/TaskQueues';
import { createFoundHandle, createTaskHandle } from './FoundTask';
import { type CheckedSchedule, saveSchedule } from './RecurringCall';
import { createRedisHandlePort } from './RedisHandlePort';
import { type TaskSchedulerOptions } from './TaskScheduler';

/** What a scheduling call knows of the task that was taken. */
export interface TaskReceipt extends Pick<TaskHandle, 'id' | 'taskName' | 'correlationId' | 'disposition'> {
  /** Of its definition. */
  readonly maxAttempts: number | undefined;
}

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
  /** The handle of a task that was scheduled earlier. */
  findHandle<Payload, Output, Input>(
    task: TaskDefinition<Payload, Output, Input>,
    id: string,
  ): FoundHandle<Output>;
}

/** The queues on Redis. Free: the connection is opened by the first use. */
export const createRedisTarget = (parts: TaskSchedulerOptions): ScheduleTarget => {
  const port = createRedisHandlePort(parts);
  return {
    nowMs: Date.now,
    publish: (job) =>
      publish({ ...createQueueAccess(parts).open(), job, deadlineMs: parts.appConfig.scheduleDeadlineMs }),
    saveSchedule: (schedule) => saveSchedule(schedule, parts),
    toHandle: (receipt) => createTaskHandle(receipt, port),
    findHandle: (task, id) => createFoundHandle(task, id, port),
  };
};
