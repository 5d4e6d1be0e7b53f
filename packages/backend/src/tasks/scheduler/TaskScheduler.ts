import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { sharedProducerConnection } from '@backend/redis/sharedRedis';
import { type CorrelationId, parseCorrelationId } from '@core/domain/CorrelationId';
import { err, type Result } from 'neverthrow';
import { type ScheduleOptions, scheduleOptionProblems } from '../domain/ScheduleOptions';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { ENVELOPE_VERSION, type TaskEnvelope, type TaskOverrides } from '../domain/TaskEnvelope';
import { TaskId } from '../domain/TaskId';
import { toJobOptions } from '../queue/JobOptions';
import { publish } from '../queue/publish';
import { sharedTaskQueues } from '../queue/sharedTaskQueues';
import { checkPayload } from './PayloadCheck';
import { ScheduleError } from './ScheduleError';
import { type TaskHandle } from './TaskHandle';

/** Hands tasks to the queue. */
export interface TaskScheduler {
  /**
   * Schedules a task. Once the answer is `ok` the task runs at least once.
   *
   * @param correlationId The id of the request that causes the task; every log line of the task carries it.
   * @param payload Checked with the task's schema before anything is written.
   * @returns A handle, or a `ScheduleError` whose code says what to do. Never throws, and never takes longer than
   *   `SCHEDULE_DEADLINE_MS` (2 s).
   */
  schedule<Payload, Output>(
    correlationId: CorrelationId,
    task: TaskDefinition<Payload, Output>,
    payload: NoInfer<Payload>,
    options?: ScheduleOptions,
  ): Promise<Result<TaskHandle<Output>, ScheduleError>>;
}

/** What a scheduler is made of. */
export interface TaskSchedulerOptions {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

interface ScheduleCall {
  readonly correlationId: CorrelationId;
  readonly task: TaskDefinition<unknown>;
  readonly payload: unknown;
  readonly options: ScheduleOptions;
  readonly nowMs: number;
}

/**
 * Creates a scheduler. Free: all schedulers of a process share one connection for each Redis URL, opened by the first
 * task. Create one wherever you need it.
 */
export const createTaskScheduler = ({ logger, appConfig }: TaskSchedulerOptions): TaskScheduler => ({
  schedule: async <Payload, Output>(
    correlationId: CorrelationId,
    task: TaskDefinition<Payload, Output>,
    payload: NoInfer<Payload>,
    options: ScheduleOptions = {},
  ): Promise<Result<TaskHandle<Output>, ScheduleError>> => {
    const given = { correlationId, task, payload, options, nowMs: Date.now() };
    const call = checkCall(given, appConfig);
    if (call.isErr()) return err(call.error);
    const id = TaskId();
    const published = await publishCall(id, call.value, { logger, appConfig });
    return published.map(() => ({
      id,
      taskName: task.queueName,
      correlationId,
      disposition: 'created' as const,
    }));
  },
});

/** Checks a call; what comes back carries the payload as it is to be stored. */
const checkCall = (call: ScheduleCall, appConfig: AppConfig): Result<ScheduleCall, ScheduleError> => {
  const { correlationId, task, payload, options, nowMs } = call;
  const taskProblems = definitionProblems(task);
  if (taskProblems.length > 0) {
    const message = `the task ${task?.queueName} is refused: ${taskProblems.join('; ')}`;
    return err(new ScheduleError(message, { code: 'invalid-task' }));
  }
  const id = parseCorrelationId(correlationId);
  if (id.isErr())
    return err(new ScheduleError(id.error.message, { code: 'invalid-correlation-id', cause: id.error }));
  const problems = scheduleOptionProblems(options, nowMs);
  if (problems.length > 0) {
    const message = `the options for ${task.queueName} are refused: ${problems.join('; ')}`;
    return err(new ScheduleError(message, { code: 'invalid-options' }));
  }
  return checkPayload(task, payload, appConfig.taskMaxPayloadBytes).map((stored) => ({
    ...call,
    payload: stored,
  }));
};

/** Modules that import each other in a circle see `undefined` where the definition will be. */
const definitionProblems = (task: TaskDefinition<unknown> | undefined): readonly string[] =>
  task?.problems ?? ['expected what defineTask returns; do the modules import each other in a circle?'];

const toOverrides = ({ maxAttempts, timeoutMs, backoffMs }: ScheduleOptions): TaskOverrides | undefined => {
  if (maxAttempts === undefined && timeoutMs === undefined && backoffMs === undefined) return undefined;
  return {
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(backoffMs === undefined ? {} : { retry: { backoff: 'fixed', initialDelayMs: backoffMs } }),
  };
};

const toEnvelope = ({ correlationId, payload, options }: ScheduleCall): TaskEnvelope => {
  const overrides = toOverrides(options);
  return {
    v: ENVELOPE_VERSION,
    payload,
    correlationId,
    ...(options.userId === undefined ? {} : { userId: options.userId }),
    ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
    ...(overrides === undefined ? {} : { overrides }),
  };
};

const connect = ({ logger, appConfig }: TaskSchedulerOptions): RedisConnection =>
  sharedProducerConnection({ redisUrl: appConfig.redisUrl, logger });

const publishCall = async (
  id: TaskId,
  call: ScheduleCall,
  scheduler: TaskSchedulerOptions,
): Promise<Result<void, ScheduleError>> => {
  const { task, options, nowMs } = call;
  const { appConfig, logger } = scheduler;
  const connection = connect(scheduler);
  const published = await publish({
    connection,
    queues: sharedTaskQueues({ connection, prefix: appConfig.queuePrefix, logger }),
    taskName: task.queueName,
    job: {
      data: toEnvelope(call),
      options: toJobOptions({
        id,
        task: task.options,
        call: options,
        nowMs,
        maxAttempts: options.maxAttempts ?? task.options.maxAttempts ?? appConfig.taskMaxAttempts,
      }),
    },
    deadlineMs: appConfig.scheduleDeadlineMs,
  });
  return published.mapErr(
    (error) =>
      new ScheduleError(`${task.queueName} could not be scheduled: ${error.message}`, {
        code: 'queue-unavailable',
        metadata: { taskId: id, isUnknown: error.isUnknown },
        cause: error,
      }),
  );
};
