import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { err, ok, type Result } from 'neverthrow';
import { type Deduplication, decideDeduplication } from '../domain/Deduplication';
import { type RecurringOptions } from '../domain/RecurringSchedule';
import { ScheduleError } from '../domain/ScheduleError';
import { type ScheduleId } from '../domain/ScheduleId';
import { type ScheduleOptions, scheduleOptionProblems, toDelayMs } from '../domain/ScheduleOptions';
import { type ScheduleTiming } from '../domain/ScheduleTiming';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { ENVELOPE_VERSION, type TaskEnvelope } from '../domain/TaskEnvelope';
import { type Disposition, type FoundHandle, type TaskHandle } from '../domain/TaskHandle';
import { TaskId } from '../domain/TaskId';
import { validatePayload } from '../domain/validatePayload';
import { toJobOptions } from '../queue/JobOptions';
import { type PublishError } from '../queue/publish';
import { type JobInput } from '../queue/TaskQueues';
import { checkDefinition } from './DefinitionCheck';
import { checkPayload } from './PayloadCheck';
import { checkRecurringCall } from './RecurringCall';
import { createRedisTarget, type ScheduleTarget } from './ScheduleTarget';

/** Hands tasks to the queue. */
export interface TaskScheduler {
  /**
   * Schedules a task. Once the answer is `ok` the task runs at least once.
   *
   * @param correlationId The id of the request that causes the task; every log line of the task carries it.
   * @param payload Checked with the task's schema before anything is written.
   * @returns A handle, or a `ScheduleError` whose code says what to do. Never throws, and answers after
   *   `SCHEDULE_DEADLINE_MS` (2 s) without a word from Redis.
   */
  schedule<Payload, Output, Input>(
    correlationId: CorrelationId,
    task: TaskDefinition<Payload, Output, Input>,
    payload: NoInfer<Input>,
    options?: ScheduleOptions,
  ): Promise<Result<TaskHandle<Output>, ScheduleError>>;
  /**
   * Creates a recurring schedule, or changes the one that has its id: timing, payload and options. A pause stays, and the
   * next run stays where it is unless the timing changed. Safe to call at each start of a service.
   *
   * @param correlationId The id of the request that asks for it; each run has one of its own.
   * @param payload Checked with the task's schema; every run gets it.
   * @returns Its id, or a `ScheduleError`: `invalid-options` for a wrong timing too. Never throws.
   */
  scheduleRecurring<Payload, Output, Input>(
    correlationId: CorrelationId,
    task: TaskDefinition<Payload, Output, Input>,
    payload: NoInfer<Input>,
    timing: ScheduleTiming,
    options?: RecurringOptions,
  ): Promise<Result<ScheduleId, ScheduleError>>;
  /**
   * The handle of a task that was scheduled earlier, in whichever process. Free: Redis is asked by its methods alone, which
   * also say `invalid-options` when the id is no task id.
   *
   * @param id Such as one from a URL, or `handle.id` as it was kept.
   */
  handle<Payload, Output, Input>(
    task: TaskDefinition<Payload, Output, Input>,
    id: string,
  ): FoundHandle<Output>;
}

/** What a scheduler is made of. */
export interface TaskSchedulerOptions {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** A call as its caller made it, at a moment. */
interface ScheduleCall {
  readonly correlationId: CorrelationId;
  readonly task: TaskDefinition<unknown>;
  readonly payload: unknown;
  readonly options: ScheduleOptions;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Creates a scheduler. Free: all schedulers of a process share one connection for each Redis URL, opened by the first
 * task. Create one wherever you need it.
 */
export const createTaskScheduler = (parts: TaskSchedulerOptions): TaskScheduler =>
  createSchedulerFor(createRedisTarget(parts), parts.appConfig);

/** Creates a scheduler that checks calls by the configuration and hands what it accepts to a target. */
export const createSchedulerFor = (target: ScheduleTarget, appConfig: AppConfig): TaskScheduler => ({
  schedule: async <Payload, Output, Input>(
    correlationId: CorrelationId,
    task: TaskDefinition<Payload, Output, Input>,
    payload: NoInfer<Input>,
    options: ScheduleOptions = {},
  ): Promise<Result<TaskHandle<Output>, ScheduleError>> => {
    const call = { correlationId, task, payload, options, nowMs: target.nowMs() };
    const stored = checkCall(call, appConfig);
    if (stored.isErr()) return err(stored.error);
    const accepted = { ...call, payload: stored.value };
    const deduplication = checkDeduplication(accepted);
    if (deduplication.isErr()) return err(deduplication.error);
    const id = TaskId();
    const job = toJob(id, accepted, { deduplication: deduplication.value, appConfig });
    const published = await target.publish(job);
    return published
      .map((taskId) =>
        target.toHandle<Output>({
          id: taskId,
          taskName: task.queueName,
          correlationId,
          disposition: toDisposition(taskId === id, deduplication.value),
          maxAttempts: task.options.maxAttempts,
        }),
      )
      .mapErr((error) => toUnavailable(error, task.queueName, id));
  },
  scheduleRecurring: async (correlationId, task, payload, timing, options = {}) => {
    const id = parseCorrelationId(correlationId);
    if (id.isErr()) return err(toInvalidCorrelationId(id.error));
    const call = { task, payload, timing, options, correlationId, origin: 'call' } as const;
    const checked = checkRecurringCall(call, appConfig);
    if (checked.isErr()) return err(checked.error);
    return (await target.saveSchedule(checked.value)).map((schedule) => schedule.id);
  },
  handle: (task, id) => target.findHandle(task, id),
});

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

interface JobRules {
  readonly deduplication: Deduplication | undefined;
  readonly appConfig: AppConfig;
}

const toJob = (id: TaskId, call: ScheduleCall, { deduplication, appConfig }: JobRules): JobInput => {
  const { task, options, nowMs } = call;
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
      delayMs,
      nowMs,
      maxAttempts,
      deduplication,
    }),
    debounce: deduplication?.kind === 'debounce' ? deduplication : undefined,
  };
};

const toEnvelope = (
  { correlationId, payload, options, nowMs }: ScheduleCall,
  delayMs: number,
): TaskEnvelope => {
  const { userId, metadata, maxAttempts, timeoutMs, backoffMs, retry, expiresInMs } = options;
  const isOverridden = [maxAttempts, timeoutMs, backoffMs, retry].some((value) => value !== undefined);
  return {
    v: ENVELOPE_VERSION,
    payload,
    correlationId,
    userId,
    metadata,
    overrides: isOverridden ? { maxAttempts, timeoutMs, backoffMs, retry } : undefined,
    expiresAtMs: expiresInMs === undefined ? undefined : nowMs + delayMs + expiresInMs,
  };
};

const toInvalidCorrelationId = (cause: Error): ScheduleError =>
  new ScheduleError(cause.message, { code: 'invalid-correlation-id', cause });

const toUnavailable = (error: PublishError, taskName: string, taskId: TaskId): ScheduleError =>
  new ScheduleError(`${taskName} could not be scheduled: ${error.message}`, {
    code: 'queue-unavailable',
    metadata: { taskId, isUnknown: error.isUnknown },
    cause: error,
  });
