import { type Job, type Queue } from 'bullmq';
import { isEnvelope, parseEnvelope } from '../domain/TaskEnvelope';
import { type TaskId } from '../domain/TaskId';
import { type StoredTaskError, type TaskRecord } from '../domain/TaskRecord';
import { type TaskStatus } from '../domain/TaskStatus';
import { toTaskName } from './QueueName';
import { parseFailureStack } from './StoredFailure';

type JobState = Awaited<ReturnType<Job['getState']>>;

const toStatus = (state: JobState, attemptsMade: number): TaskStatus | undefined => {
  switch (state) {
    case 'waiting':
    case 'prioritized':
    case 'waiting-children':
      return attemptsMade > 0 ? 'retrying' : 'pending';
    case 'delayed':
      return attemptsMade > 0 ? 'retrying' : 'scheduled';
    case 'active':
      return 'running';
    case 'completed':
    case 'failed':
      return state;
    case 'unknown':
      return undefined;
  }
};

const toStoredError = (job: Job): StoredTaskError | undefined => {
  const last = job.stacktrace?.at(-1);
  const stored = last === undefined ? undefined : parseFailureStack(last);
  if (stored !== undefined) return stored;
  if (!job.failedReason) return undefined;
  return { message: job.failedReason, code: 'task-failed', attempt: job.attemptsMade };
};

const envelopeFields = (
  data: unknown,
): Pick<TaskRecord, 'payload' | 'correlationId' | 'userId' | 'metadata'> => {
  const envelope = isEnvelope(data) ? parseEnvelope(data).unwrapOr(undefined) : undefined;
  if (envelope === undefined) return { payload: data };
  const { payload, correlationId, userId, metadata } = envelope;
  return {
    payload,
    correlationId,
    ...(userId === undefined ? {} : { userId }),
    ...(metadata === undefined ? {} : { metadata }),
  };
};

const toRecord = (queue: Queue, job: Job, status: TaskStatus): TaskRecord => {
  const crashCount = job.stalledCounter ?? 0;
  const isRunning = status === 'running';
  const error = toStoredError(job);
  return {
    id: (job.id ?? '') as TaskId, // whoever added the job chose the id
    name: toTaskName(queue.name),
    status,
    ...envelopeFields(job.data),
    attempt: job.attemptsMade + crashCount + (isRunning ? 1 : 0),
    maxAttempts: job.opts.attempts ?? 1,
    crashCount,
    scheduledAt: new Date(job.timestamp),
    ...(job.processedOn === undefined ? {} : { startedAt: new Date(job.processedOn) }),
    ...(job.finishedOn === undefined ? {} : { endedAt: new Date(job.finishedOn) }),
    ...(status === 'completed' ? { value: job.returnvalue } : {}),
    ...(error === undefined || status === 'completed' ? {} : { error }),
  };
};

/** Reads one task from its queue; `undefined` when Redis does not know it (never scheduled, or already evicted). */
export const readTaskRecord = async (queue: Queue, id: TaskId): Promise<TaskRecord | undefined> => {
  const job: Job | undefined = await queue.getJob(id);
  if (job === undefined) return undefined;
  const status = toStatus(await job.getState(), job.attemptsMade);
  return status === undefined ? undefined : toRecord(queue, job, status);
};

/** Tasks of one queue by status. */
export type TaskCounts = Readonly<
  Record<'pending' | 'scheduled' | 'running' | 'completed' | 'failed', number>
>;

/** Counts a queue's tasks. `scheduled` includes those that wait for another attempt. */
export const countTasks = async (queue: Queue): Promise<TaskCounts> => {
  const counts = await queue.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'completed', 'failed');
  const count = (state: string): number => counts[state] ?? 0;
  return {
    pending: count('wait') + count('prioritized'),
    scheduled: count('delayed'),
    running: count('active'),
    completed: count('completed'),
    failed: count('failed'),
  };
};
