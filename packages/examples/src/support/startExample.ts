import { setTimeout as sleep } from 'node:timers/promises';
import { type AppConfig, getAppConfig } from '@backend/config/AppConfig';
import { createLogger, type ILogger } from '@backend/logger/Logger';
import {
  createTaskInspector,
  createTaskScheduler,
  createTaskWorker,
  type ScheduleOptions,
  type TaskDefinition,
  type TaskId,
  type TaskRecord,
  type TaskScheduler,
  type TaskWorkerOptions,
} from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';

/** A worker inside this process, and what hands tasks to it. Disposing stops the worker. */
export interface Example extends AsyncDisposable {
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  readonly scheduler: TaskScheduler;
  /** Waits until a task has ended, and answers what is known of it. */
  ended(id: TaskId): Promise<TaskRecord>;
  /** Schedules a task with a new correlation ID and waits until it has ended. */
  run<Payload, Output>(
    task: TaskDefinition<Payload, Output>,
    payload: NoInfer<Payload>,
    options?: ScheduleOptions,
  ): Promise<TaskRecord>;
}

/** Starts a worker for these tasks on the Redis of `REDIS_URL` (default: port 6379 of this machine). */
export const startExample = async (
  tasks: readonly TaskDefinition<unknown>[],
  options: Pick<TaskWorkerOptions, 'resources' | 'tasksModule'> = {},
): Promise<Example> => {
  const appConfig = getAppConfig();
  const logger = createLogger({ level: appConfig.logLevel, format: 'json' });
  const worker = createTaskWorker({ tasks, logger, appConfig, ...options });
  const started = await worker.start();
  if (started.isErr()) throw started.error;
  const scheduler = createTaskScheduler({ logger, appConfig });
  const inspector = createTaskInspector({ tasks, logger, appConfig });
  const ended = async (id: TaskId): Promise<TaskRecord> => {
    for (;;) {
      const task = await inspector.getTask(id);
      if (task.isErr()) throw task.error;
      if (task.value.endedAt !== undefined) return task.value;
      await sleep(20);
    }
  };
  const run: Example['run'] = async (task, payload, options) => {
    const scheduled = await scheduler.schedule(CorrelationId(), task, payload, options);
    if (scheduled.isErr()) throw scheduled.error;
    return ended(scheduled.value.id);
  };
  return { appConfig, logger, scheduler, ended, run, [Symbol.asyncDispose]: () => worker.stop() };
};
