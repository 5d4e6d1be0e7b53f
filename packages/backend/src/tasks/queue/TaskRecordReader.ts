import { type Job, type Queue } from 'bullmq';
import { isEnvelope, parseEnvelope, type TaskEnvelope } from '../domain/TaskEnvelope';
import { type TaskId } from '../domain/TaskId';
import { type StoredTaskError, type TaskRecord } from '../domain/TaskRecord';
import { type TaskStatus } from '../domain/TaskStatus';
import { toTaskName } from './QueueName';
import { parseFailureStack } from './StoredFailure';

type JobState = Awaited<ReturnType<Job['getState']>>;

const toStatus = (state: JobState, attempt: number): TaskStatus | undefined => {
  switch (state) {
    case 'waiting':
    case 'prioritized':
    case 'waiting-children':
      return attempt > 0 ? 'retrying' : 'pending';
    case 'delayed':
      return attempt > 0 ? 'retrying' : 'scheduled';
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

const toEnvelope = (data: unknown): TaskEnvelope | undefined =>
  isEnvelope(data) ? parseEnvelope(data).unwrapOr(undefined) : undefined;

const envelopeFields = (
  envelope: TaskEnvelope | undefined,
  data: unknown,
): Partial<TaskRecord> & Pick<TaskRecord, 'payload'> => {
  if (envelope === undefined) return { payload: data };
  const { payload, correlationId, userId, metadata, retriedFrom, scheduleId, expiresAtMs } = envelope;
  return {
    payload,
    correlationId,
    ...(userId === undefined ? {} : { userId }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(retriedFrom === undefined ? {} : { retriedFrom }),
    ...(scheduleId === undefined ? {} : { scheduleId }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs) }),
  };
};

/** Attempts that have ended, crashes included. */
const endedAttempts = (job: Job): number => job.attemptsMade + (job.stalledCounter ?? 0);

const toAttempt = (job: Job, status: TaskStatus, error: StoredTaskError | undefined): number => {
  if (status === 'running') return endedAttempts(job) + 1;
  // A task that its crashes ended was not run again for that: BullMQ counts that delivery, we do not.
  return status === 'failed' && error !== undefined ? error.attempt : endedAttempts(job);
};

interface RecordInput {
  readonly queue: Queue;
  readonly job: Job;
  readonly status: TaskStatus;
  readonly maxAttempts: number;
}

const toRecord = ({ queue, job, status, maxAttempts }: RecordInput): TaskRecord => {
  const error = toStoredError(job);
  const envelope = toEnvelope(job.data);
  return {
    id: (job.id ?? '') as TaskId, // whoever added the job chose the id
    name: toTaskName(queue.name),
    status,
    ...envelopeFields(envelope, job.data),
    attempt: toAttempt(job, status, error),
    // The worker's rule too: what the job's own options ask for is for boards only.
    maxAttempts: envelope?.overrides?.maxAttempts ?? maxAttempts,
    crashCount: job.stalledCounter ?? 0,
    scheduledAt: new Date(job.timestamp),
    ...(job.processedOn === undefined ? {} : { startedAt: new Date(job.processedOn) }),
    ...(job.finishedOn === undefined ? {} : { endedAt: new Date(job.finishedOn) }),
    ...(status === 'completed' ? { value: job.returnvalue } : {}),
    ...(error === undefined || status === 'completed' ? {} : { error }),
  };
};

interface TaskRead {
  readonly queue: Queue;
  readonly id: TaskId;
  /** Attempts of a task that does not say. */
  readonly maxAttempts: number;
}

/** Reads one task from its queue; `undefined` when Redis does not know it (never scheduled, or already evicted). */
export const readTaskRecord = async ({
  queue,
  id,
  maxAttempts,
}: TaskRead): Promise<TaskRecord | undefined> => {
  // First the state: a task that has ended stays as it is, while a job that is read first may end before its state is
  // read. It also keeps ids that name other keys of the queue, such as "wait", from being read as jobs.
  const state = await queue.getJobState(id);
  if (state === 'unknown') return undefined;
  const job: Job | undefined = await queue.getJob(id);
  if (job === undefined) return undefined;
  const isEnded = job.finishedOn !== undefined;
  const status = toStatus(isEnded ? await queue.getJobState(id) : state, endedAttempts(job));
  return status === undefined ? undefined : toRecord({ queue, job, status, maxAttempts });
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
