import { type AppConfig } from '@backend/config/AppConfig';
import { type CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { type Deduplication, decideDeduplication } from '../domain/Deduplication';
import { ScheduleError } from '../domain/ScheduleError';
import { type ScheduleOptions, scheduleOptionProblems, toDelayMs } from '../domain/ScheduleOptions';
import { type Ancestors } from '../domain/TaskChildren';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { ENVELOPE_VERSION, type TaskEnvelope } from '../domain/TaskEnvelope';
import { type Disposition, type TaskHandle } from '../domain/TaskHandle';
import { TaskId } from '../domain/TaskId';
import { validatePayload } from '../domain/validatePayload';
import { accessFailureCode } from '../queue/AccessFailure';
import { toJobOptions } from '../queue/JobOptions';
import { type PublishError } from '../queue/publish';
import { type JobInput } from '../queue/TaskQueues';
import { checkDefinition } from './DefinitionCheck';
import { checkPayload } from './PayloadCheck';

import { type ScheduleTarget } from './ScheduleTarget';

/** A call as its caller made it, at a moment. */
export interface ScheduleCall {
  readonly correlationId: CorrelationId;
  readonly task: TaskDefinition<unknown>;
  readonly payload: unknown;
  readonly options: ScheduleOptions;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** The task that makes the call. */
  readonly parentId?: TaskId;
  /** Who waits for the task, the outermost first; absent when nobody does. */
  readonly ancestors?: Ancestors;
}

/** A call that may be carried out. */
export interface AcceptedCall extends ScheduleCall {
  readonly deduplication: Deduplication | undefined;
}

/** Checks a call before anything is written. What comes back has the payload as it is to be stored. */
export const acceptCall = (call: ScheduleCall, appConfig: AppConfig): Result<AcceptedCall, ScheduleError> =>
  checkCall(call, appConfig).andThen((payload) => {
    const stored = { ...call, payload };
    return checkDeduplication(stored).map((deduplication) => ({ ...stored, deduplication }));
  });

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
  const published = await target.publish(toJob(id, accepted.value, appConfig));
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

/** Checks a call; what comes back is the payload as it is to be stored. */
const checkCall = (
  { correlationId, task, payload, options, nowMs }: ScheduleCall,
  appConfig: AppConfig,
): Result<unknown, ScheduleError> => {
  const definition = checkDefinition(task);
  if (definition.isErr()) return err(definition.error);
  const id = parseCorrelationId(correlationId);
  if (id.isErr()) return err(toInvalidCorrelationId(id.error));
  const problems = scheduleOptionProblems(options, nowMs);
  if (problems.length > 0) {
    const message = `the options for ${task.queueName} are refused: ${problems.join('; ')}`;
    return err(new ScheduleError(message, { code: 'invalid-options' }));
  }
  return checkPayload(task, payload, appConfig.taskMaxPayloadBytes);
};

/** Asks the definition for its key, with the payload as the handler will get it. */
const checkDeduplication = ({
  task,
  payload,
  options,
}: ScheduleCall): Result<Deduplication | undefined, ScheduleError> => {
  const { idempotencyKey, uniqueTag, debounce } = task.options;
  const asks = idempotencyKey ?? uniqueTag ?? debounce;
  const given = asks === undefined ? payload : validatePayload(task, payload).unwrapOr(payload);
  return decideDeduplication(task.options, options, given)
    .andThen((decided) =>
      decided?.kind === 'debounce' && (options.delayMs ?? options.at) !== undefined
        ? err('expected neither delayMs nor at for a task with debounce, which decides when it runs')
        : ok(decided),
    )
    .mapErr((problem) => {
      const message = `the options for ${task.queueName} are refused: ${problem}`;
      return new ScheduleError(message, { code: 'invalid-options' });
    });
};

const toDisposition = (isOurs: boolean, deduplication: Deduplication | undefined): Disposition => {
  if (isOurs) return 'created';
  return deduplication?.kind === 'debounce' ? 'replaced' : 'duplicate';
};

/** Builds the job of an accepted call. */
export const toJob = (id: TaskId, call: AcceptedCall, appConfig: AppConfig): JobInput => {
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

/** The error for a text that is no correlation ID. */
export const toInvalidCorrelationId = (cause: Error): ScheduleError =>
  new ScheduleError(cause.message, { code: 'invalid-correlation-id', cause });

const toUnavailable = (error: PublishError, taskName: string, taskId: TaskId): ScheduleError =>
  new ScheduleError(`${taskName} could not be scheduled: ${error.message}`, {
    code: accessFailureCode(error),
    metadata: { taskId, isUnknown: error.isUnknown },
    cause: error,
  });
