import { createHash } from 'node:crypto';
import { type CorrelationId } from '@core/domain/CorrelationId';
import { type ScheduleId } from '../domain/ScheduleId';
import { type StoredSchedule } from '../domain/StoredSchedule';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { ENVELOPE_VERSION, type TaskEnvelope } from '../domain/TaskEnvelope';
import { type TaskId } from '../domain/TaskId';
import { toJobOptions } from './JobOptions';
import { type JobInput } from './TaskQueues';

interface RunJobInput {
  readonly taskId: TaskId;
  readonly scheduleId: ScheduleId;
  readonly stored: StoredSchedule;
  readonly correlationId: CorrelationId;
  readonly task: TaskDefinition<unknown>;
  /** Of tasks that do not say. */
  readonly maxAttempts: number;
}

/** Under this BullMQ keeps which run of a schedule is unfinished; hashed, since it becomes a part of a key. */
const toOverlapId = (id: ScheduleId): string =>
  `schedule-${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;

/** How long a run that is added once more is still known as the same, also when its job was deleted; milliseconds. */
const RUN_MEMORY_MS = 24 * 60 * 60 * 1000;

/**
 * Builds the job of one run of a schedule. With `overlap: 'skip'` it is not added while an earlier one is unfinished:
 * BullMQ's deduplication without a time, which ends with the job that it is about. Otherwise a key of its own outlives
 * the job: a run that is added again when its job has run and was deleted makes no second one.
 */
export const toRunJob = ({
  taskId,
  scheduleId,
  stored,
  correlationId,
  task,
  maxAttempts,
}: RunJobInput): JobInput => {
  const { payload, overlap } = stored;
  const deduplication =
    overlap === 'skip' ? { id: toOverlapId(scheduleId) } : { id: `run-${taskId}`, ttl: RUN_MEMORY_MS };
  const options = toJobOptions({
    id: taskId,
    task: task.options,
    call: {},
    nowMs: 0,
    maxAttempts: task.options.maxAttempts ?? maxAttempts,
  });
  return {
    id: taskId,
    name: task.queueName,
    data: { v: ENVELOPE_VERSION, payload, correlationId, scheduleId } satisfies TaskEnvelope,
    options: { ...options, deduplication },
  };
};
