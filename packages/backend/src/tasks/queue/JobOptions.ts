import { type JobsOptions } from 'bullmq';
import { type Deduplication } from '../domain/Deduplication';
import { toPriorityNumber } from '../domain/Priority';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { type TaskId } from '../domain/TaskId';
import { type TaskOptions } from '../domain/TaskOptions';
import { toDeduplicationOptions } from './DeduplicationKey';

interface JobOptionsInput {
  readonly id: TaskId;
  readonly task: TaskOptions;
  readonly call: Pick<ScheduleOptions, 'priority'>;
  /** How many ancestors wait for the task. Default: 0. */
  readonly depth?: number;
  /** Milliseconds that the job is put off. Default: 0. */
  readonly delayMs?: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly maxAttempts: number;
  readonly deduplication?: Deduplication | undefined;
}

/**
 * BullMQ runs the lowest number first, and a job without a priority before all others: so every job of ours has one,
 * 1 (our 100) to 101 (our 0).
 */
export const toJobPriority = (priority: TaskOptions['priority']): number =>
  101 - toPriorityNumber(priority ?? 'normal');

/**
 * The priority of ours that a BullMQ priority stands for: none (0) and 1 are our 100, 101 is our 0. What is out of range
 * stays so, for `schedule` to refuse.
 */
export const fromJobPriority = (jobPriority: number): number =>
  101 - (jobPriority === 0 ? 1 : Math.ceil(jobPriority));

/** Parts of a priority that its depth moves a child forward by; a power of two, so that BullMQ's scores stay exact. */
const DEPTHS_PER_PRIORITY = 64;

/**
 * Builds BullMQ's options of a job. The id is always ours, so that sending an add twice makes one job. What is the same
 * for all jobs of a queue (retention, backoff) the worker adds, so that no job stores it.
 */
export const toJobOptions = (input: JobOptionsInput): JobsOptions => {
  const { id, task, call, depth = 0, delayMs: delay = 0, nowMs, maxAttempts, deduplication } = input;
  // Who is waited for goes before others of the same priority, the deepest first: what was begun is finished.
  const priority = toJobPriority(call.priority ?? task.priority) - depth / DEPTHS_PER_PRIORITY;
  return {
    jobId: id,
    priority,
    attempts: maxAttempts,
    ...(delay === 0 ? {} : { delay, timestamp: nowMs }),
    ...(deduplication === undefined ? {} : { deduplication: toDeduplicationOptions(deduplication) }),
  };
};
