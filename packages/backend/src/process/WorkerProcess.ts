import { type AppConfig } from '@backend/config/AppConfig';
import { WORKER_STOP_TIMES } from '@backend/deadline/stopTimes';
import { type ILogger } from '@backend/logger/Logger';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { closeSharedLedgers } from '@backend/tasks/ledger/sharedTaskLedger';
import { type ResourceDefinition } from '@backend/tasks/resources/ResourceDefinition';
import { toTaskDefaults } from '@backend/tasks/worker/AttemptPlan';
import { toTaskTable } from '@backend/tasks/worker/TaskTable';
import { createTaskWorker, DISABLED_MESSAGE, type TaskWorker } from '@backend/tasks/worker/TaskWorker';
import { type TaskWorkerOptions } from '@backend/tasks/worker/TaskWorkerOptions';
import { type DependencyContainer } from 'tsyringe';
import { findProcessRedis } from './processRedis';
import { stopOnRequest } from './StopRequest';
import { exitWithMessage, startProcess } from './startProcess';
import { surviveStrayErrors } from './strayErrors';

/** What the handlers of a worker process have besides their payloads. */
export interface WorkerProcessOptions {
  /** URL of the module that exports `tasks` and `resources`; needed when one of them is isolated. */
  readonly tasksModule?: string;
  /** `resources` of `tasks.config.ts`. Default: none. */
  readonly resources?: readonly ResourceDefinition[];
  /** Makes the container in which handlers find services. Default: there is none. */
  createContainer?(parts: { readonly appConfig: AppConfig; readonly logger: ILogger }): DependencyContainer;
}

/**
 * Runs the worker process of a registry: reads the configuration, finds Redis, prints the tasks, takes them until
 * SIGTERM or SIGINT, and exits. A wrong configuration or registry, or a resource that does not start, ends the process with
 * every problem listed; with `WORKER_DISABLED` or without `TASKS_ENABLED` it ends at once, as if its work were done.
 */
export const runWorkerProcess = async (
  tasks: readonly TaskDefinition<unknown>[],
  { resources = [], createContainer, tasksModule }: WorkerProcessOptions = {},
): Promise<void> => {
  const { appConfig: givenConfig, logger } = startProcess('worker');
  if (givenConfig.workerDisabled) return leave(logger, 'WORKER_DISABLED is true: no task is taken');
  if (!givenConfig.tasksEnabled) return leave(logger, DISABLED_MESSAGE);
  const redis = await findProcessRedis(givenConfig, (line) => logger.info(line));
  const { appConfig } = redis;
  const container = createContainer?.({ appConfig, logger });
  const worker = createWorker({
    tasks,
    logger,
    appConfig,
    resources,
    ...(container === undefined ? {} : { container }),
    ...(tasksModule === undefined ? {} : { tasksModule }),
  });
  surviveStrayErrors(logger, worker.runningTasks);
  stopOnRequest({
    logger,
    stop: async () => {
      const patienceMs = appConfig.workerDrainTimeoutMs + WORKER_STOP_TIMES.processMs;
      const endsAtMs = performance.now() + patienceMs;
      await worker.stop();
      closeSharedConnections();
      // What a locked database has not taken by now is lost with the process; the relay and the reconciler find it.
      await closeSharedLedgers({ patienceMs: endsAtMs - performance.now() });
      await redis.stop();
    },
  });
  process.stdout.write(`${toTaskTable(tasks, toTaskDefaults(appConfig))}\n`);
  await start(worker, logger);
};

/** What a worker process says when it takes tasks. */
export const RUNNING_MESSAGE = 'Worker is running';

const leave = (logger: ILogger, message: string): never => {
  logger.info(message);
  logger.flush();
  return process.exit(0);
};

const createWorker = (options: TaskWorkerOptions): TaskWorker => {
  try {
    return createTaskWorker(options);
  } catch (error) {
    return exitWithMessage(error instanceof Error ? error.message : String(error));
  }
};

const start = async (worker: TaskWorker, logger: ILogger): Promise<void> => {
  const started = await worker.start();
  if (started.isOk()) {
    logger.info(RUNNING_MESSAGE, { workerId: worker.getStats().id });
  } else if (started.error.code !== 'stopped') {
    exitWithMessage(started.error.message);
  }
};
