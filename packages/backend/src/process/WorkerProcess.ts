import { type ILogger } from '@backend/logger/Logger';
import { closeMailers } from '@backend/mail/sharedMailer';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { toTaskDefaults } from '@backend/tasks/worker/AttemptPlan';
import { toTaskTable } from '@backend/tasks/worker/TaskTable';
import { createTaskWorker, type TaskWorker, type TaskWorkerOptions } from '@backend/tasks/worker/TaskWorker';
import { findProcessRedis } from './processRedis';
import { stopOnRequest } from './StopRequest';
import { exitWithMessage, startProcess } from './startProcess';
import { surviveStrayErrors } from './strayErrors';

/**
 * Runs the worker process of a registry: reads the configuration, finds Redis, prints the tasks, takes them until
 * SIGTERM or SIGINT, and exits. A wrong configuration or registry ends the process with every problem listed.
 *
 * @param tasksModule URL of the module that exports them as `tasks`; needed when one of them is isolated.
 */
export const runWorkerProcess = async (
  tasks: readonly TaskDefinition<unknown>[],
  tasksModule?: string,
): Promise<void> => {
  const { appConfig: givenConfig, logger } = startProcess('worker');
  if (givenConfig.workerDisabled) {
    logger.info('WORKER_DISABLED is true: no task is taken');
    process.exit(0);
  }
  const redis = await findProcessRedis(givenConfig, (line) => logger.info(line));
  const { appConfig } = redis;
  const worker = createWorker({
    tasks,
    logger,
    appConfig,
    ...(tasksModule === undefined ? {} : { tasksModule }),
  });
  surviveStrayErrors(logger, worker.runningTasks);
  stopOnRequest({
    logger,
    stop: async () => {
      await worker.stop();
      closeMailers();
      closeSharedConnections();
      await redis.stop();
    },
  });
  process.stdout.write(`${toTaskTable(tasks, toTaskDefaults(appConfig))}\n`);
  await start(worker, logger);
};

/** What a worker process says when it takes tasks. */
export const RUNNING_MESSAGE = 'Worker is running';

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
