import { type RedisClient } from '@backend/redis/createRedisClient';
import { type CorrelationId } from '@core/domain/CorrelationId';
import { type Queue } from 'bullmq';
import { envelopeFields } from '../domain/envelopeFields';
import { isSkipped } from '../domain/Skipped';
import { isEnvelope, parseEnvelope, type TaskEnvelope } from '../domain/TaskEnvelope';
import { type TaskId } from '../domain/TaskId';
import { type StoredTaskError, type TaskRecord } from '../domain/TaskRecord';
import { type TaskStatus } from '../domain/TaskStatus';
import { toTaskName } from './QueueName';
import { parseStepChange, parseStepLines } from './StepFields';
import { parseFailureStack } from './StoredFailure';
import { readStoredTasks, type StoredTask, type TaskSet } from './StoredTask';

/** Whose tasks are read. */
export interface TaskSource {
  readonly client: RedisClient;
  readonly queue: Queue;
  /** Attempts of a task that does not say. */
  readonly maxAttempts: number;
}

/** Reads one task from its queue; `undefined` when Redis does not know it (never scheduled, or already evicted). */
export const readTaskRecord = async (source: TaskSource, id: string): Promise<TaskRecord | undefined> => {
  const [record] = await readTaskRecords(source, [id]);
  return record;
};

/** Reads tasks of one queue; `undefined` in the place of each that Redis does not know. */
export const readTaskRecords = async (
  source: TaskSource,
  ids: readonly string[],
): Promise<readonly (TaskRecord | undefined)[]> => {
  const stored = await readStoredTasks({ ...source, ids });
  return stored.map((task) => (task === undefined ? undefined : toTaskRecord(task, source)));
};

/** Translates a task as Redis holds it. */
export const toTaskRecord = (
  task: StoredTask,
  { queue, maxAttempts }: Omit<TaskSource, 'client'>,
): TaskRecord => {
  const { id, dueAtMs, fields } = task;
  const status = statusOf(task);
  const error = toStoredError(task);
  const data = parseJson(fields.data || '{}', fields.data);
  const envelope = toEnvelope(data);
  return {
    id: id as TaskId, // whoever added the job chose the id
    name: toTaskName(queue.name),
    status,
    ...(envelope === undefined ? { payload: data } : envelopeFields(envelope)),
    attempt: toAttempt(task, status, error),
    // The worker's rule too: what the job's own options ask for is for boards only.
    maxAttempts: envelope?.overrides?.maxAttempts ?? maxAttempts,
    crashCount: crashCountOf(task),
    scheduledAt: new Date(Number(fields.timestamp)),
    ...(dueAtMs === undefined ? {} : { dueAt: new Date(dueAtMs) }),
    ...(fields.processedOn === undefined ? {} : { startedAt: new Date(Number(fields.processedOn)) }),
    ...(fields.finishedOn === undefined ? {} : { endedAt: new Date(Number(fields.finishedOn)) }),
    ...(status === 'completed' ? valueFields(parseJson(fields.returnvalue ?? '', undefined)) : {}),
    ...(fields.progress === undefined ? {} : { progress: parseJson(fields.progress, fields.progress) }),
    ...(error === undefined || status === 'completed' ? {} : { error }),
    ...(fields.cancelRequestedAt === undefined
      ? {}
      : { cancelRequestedAt: new Date(Number(fields.cancelRequestedAt)) }),
    ...(fields.cancelReason === undefined ? {} : { cancelReason: fields.cancelReason }),
    ...retryOf(task),
    ...(fields.steps === undefined ? {} : { steps: parseStepLines(fields.steps) }),
    ...parseStepChange(fields.stepsChange),
  };
};

/** Where a task is now. */
export const statusOf = (task: StoredTask): TaskStatus => toStatus(task.set, endedAttempts(task));

/** The task that does one again; nothing while that retry is under way, which may have put nothing on the queue. */
export const retryOf = ({ fields: { retriedAs, retriedAt } }: StoredTask): { readonly retriedAs?: TaskId } =>
  retriedAs === undefined || retriedAt === undefined ? {} : { retriedAs: retriedAs as TaskId }; // written with that task

const toStatus = (set: TaskSet, attempt: number): TaskStatus => {
  switch (set) {
    case 'wait':
    case 'paused':
    case 'prioritized':
    case 'waiting-children':
      return attempt > 0 ? 'retrying' : 'pending';
    case 'delayed':
      return attempt > 0 ? 'retrying' : 'scheduled';
    case 'active':
      return 'running';
    case 'completed':
    case 'failed':
    case 'cancelled':
      return set;
  }
};

/** Reads what a job's hash holds as JSON; the fallback for what is none. */
export const parseJson = (text: string, fallback: unknown): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Another program may have written anything: one such task must not make the others unreadable.
    return fallback;
  }
};

export const valueFields = (value: unknown): Pick<TaskRecord, 'value' | 'isSkipped' | 'skipReason'> =>
  isSkipped(value) ? { value, isSkipped: true, skipReason: value.reason } : { value };

const attemptsMadeOf = ({ fields: { attemptsMade, atm } }: StoredTask): number =>
  Number(attemptsMade ?? atm ?? 0);

const crashCountOf = ({ fields: { stc } }: StoredTask): number => Number(stc ?? 0);

/** Attempts that have ended, crashes included. */
const endedAttempts = (task: StoredTask): number => attemptsMadeOf(task) + crashCountOf(task);

const toAttempt = (task: StoredTask, status: TaskStatus, error: StoredTaskError | undefined): number => {
  if (status === 'running') return endedAttempts(task) + 1;
  // A task that its crashes ended was not run again for that: BullMQ counts that delivery, we do not.
  return status === 'failed' && error !== undefined ? error.attempt : endedAttempts(task);
};

/** Why a task's last attempt failed; `undefined` when none did. */
export const toStoredError = (task: StoredTask): StoredTaskError | undefined => {
  const { stacktrace, failedReason } = task.fields;
  const stacks = parseJson(stacktrace ?? '[]', []);
  const last: unknown = Array.isArray(stacks) ? stacks.at(-1) : undefined;
  const stored = typeof last === 'string' ? parseFailureStack(last) : undefined;
  if (stored !== undefined) return stored;
  if (!failedReason) return undefined;
  return { message: failedReason, code: 'task-failed', attempt: attemptsMadeOf(task) };
};

const toEnvelope = (data: unknown): TaskEnvelope | undefined =>
  isEnvelope(data) ? parseEnvelope(data).unwrapOr(undefined) : undefined;

/** The correlation ID that a task is stored with. */
export const correlationIdOf = ({ fields }: StoredTask): CorrelationId | undefined =>
  toEnvelope(parseJson(fields.data ?? '', undefined))?.correlationId;
