import 'reflect-metadata';
import { findProcessRedis } from './process/processRedis';
import { stopOnRequest } from './process/StopRequest';
import { exitWithMessage, startProcess } from './process/startProcess';
import { surviveStrayErrors } from './process/strayErrors';
import { closeSharedConnections } from './redis/sharedRedis';
import { tasks } from './tasks/tasks.config';
import { toTaskDefaults } from './tasks/worker/AttemptPlan';
import { toTaskTable } from './tasks/worker/TaskTable';
import { createTaskWorker, type TaskWorker } from './tasks/worker/TaskWorker';

const { appConfig: givenConfig, logger } = startProcess('worker');

if (givenConfig.workerDisabled) {
  logger.info('WORKER_DISABLED is true: no task is taken');
  process.exit(0);
}

const { appConfig, stop: stopRedis } = await findProcessRedis(givenConfig, (line) => logger.info(line));

const createWorker = (): TaskWorker => {
  try {
    return createTaskWorker({ tasks, logger, appConfig });
  } catch (error) {
    return exitWithMessage(error instanceof Error ? error.message : String(error));
  }
};

const worker = createWorker();
surviveStrayErrors(logger, worker.runningTasks);
stopOnRequest({
  logger,
  stop: async () => {
    await worker.stop();
    closeSharedConnections();
    await stopRedis();
  },
});

process.stdout.write(`${toTaskTable(tasks, toTaskDefaults(appConfig))}\n`);
const started = await worker.start();
if (started.isErr()) {
  if (started.error.code === 'redis-unsafe') exitWithMessage(started.error.message);
} else {
  logger.info('Worker is running', { workerId: worker.getStats().id, taskCount: tasks.length });
}
