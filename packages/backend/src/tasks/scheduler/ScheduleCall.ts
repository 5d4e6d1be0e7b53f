import { type AppConfig } from '@backend/config/AppConfig';
import { err, type Result } from 'neverthrow';
import { type Deduplication } from '../domain/Deduplication';
import { ScheduleError } from '../domain/ScheduleError';
import { toDelayMs } from '../domain/ScheduleOptions';
import { ENVELOPE_VERSION, type TaskEnvelope } from '../domain/TaskEnvelope';
import { type Disposition, type TaskHandle } from '../domain/TaskHandle';
import { TaskId } from '../domain/TaskId';
import { LedgerError } from '../ledger/LedgerError';
import { accessFailureCode } from '../queue/AccessFailure';
import { toJobOptions } from '../queue/JobOptions';
import { type PublishError } from '../queue/publish';
import { type AcceptedCall, acceptCall, type ScheduleCall } from './CallCheck';
import { type ScheduledJob } from './ScheduledEntry';
import { type ScheduleTarget } from './ScheduleTarget';

/** What carries a call out. */
export interface PlacingParts {
  readonly target: ScheduleTarget;
  readonly appConfig: AppConfig;
}

/** Schedules a task; see `TaskScheduler.schedule`. */
export const placeTask = async <Output>(
  { target, appConfig }: PlacingParts,
  call: ScheduleCall,
): Promise<Result<TaskHandle<Output>, ScheduleError>> => {
  const accepted = acceptCall(call, appConfig);
  if (accepted.isErr()) return err(accepted.error);
  const { queueName: taskName } = call.task;
  const id = TaskId();
  const published = await target.publish(toJob(id, accepted.value, appConfig), accepted.value);
  return published
    .map((taskId) =>
      target.toHandle<Output>({
        id: taskId,
        taskName,
        correlationId: call.correlationId,
        disposition: toDisposition(taskId === id, accepted.value.deduplication),
        maxAttempts: call.task.options.maxAttempts,
      }),
    )
    .mapErr((error) => toUnavailable(error, taskName, id));
};

/** Says what a call did: `isOurs` when the task on the queue is the one that it made. */
export const toDisposition = (isOurs: boolean, deduplication: Deduplication | undefined): Disposition => {
  if (isOurs) return 'created';
  return deduplication?.kind === 'debounce' ? 'replaced' : 'duplicate';
};

/** Builds the job of an accepted call. */
export const toJob = (id: TaskId, call: AcceptedCall, appConfig: AppConfig): ScheduledJob => {
  const { task, options, nowMs, deduplication, ancestors = [] } = call;
  const maxAttempts = options.maxAttempts ?? task.options.maxAttempts ?? appConfig.taskMaxAttempts;
  const delayMs = deduplication?.kind === 'debounce' ? deduplication.windowMs : toDelayMs(options, nowMs);
  return {
    id,
    name: task.queueName,
    data: toEnvelope(call, delayMs),
    options: toJobOptions({
      id,
      task: task.options,
      call: options,
      depth: ancestors.length,
      delayMs,
      nowMs,
      maxAttempts,
      deduplication,
    }),
    debounce: deduplication?.kind === 'debounce' ? deduplication : undefined,
  };
};

const toEnvelope = (
  { correlationId, payload, options, nowMs, parentId, ancestors }: ScheduleCall,
  delayMs: number,
): TaskEnvelope => {
  const { userId, metadata, maxAttempts, timeoutMs, backoffMs, retry, expiresInMs } = options;
  const isOverridden = [maxAttempts, timeoutMs, backoffMs, retry].some((value) => value !== undefined);
  return {
    v: ENVELOPE_VERSION,
    payload,
    correlationId,
    parentId,
    ancestors,
    userId,
    metadata,
    overrides: isOverridden ? { maxAttempts, timeoutMs, backoffMs, retry } : undefined,
    expiresAtMs: expiresInMs === undefined ? undefined : nowMs + delayMs + expiresInMs,
  };
};

const toUnavailable = (error: PublishError | LedgerError, taskName: string, taskId: TaskId): ScheduleError =>
  new ScheduleError(`${taskName} could not be scheduled: ${error.message}`, {
    code: error instanceof LedgerError ? error.code : accessFailureCode(error),
    metadata: { taskId, isUnknown: error.isUnknown },
    cause: error,
  });
