import { until } from '@backend/__fixtures__/until';
import { type AppConfig, parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { createTaskInspector, type TaskInspector } from '@backend/tasks/inspector/TaskInspector';
import { createTaskScheduler, type TaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { createTaskWorker } from '@backend/tasks/worker/TaskWorker';
import { type Hono } from 'hono';
import { v7 } from 'uuid';
import { createHttpApp } from '../createHttpApp';
import { type HttpEnvironment } from '../HttpEnvironment';

/** The HTTP application on a real Redis, with workers that the test starts. */
export interface RunningApp extends AsyncDisposable {
  readonly app: Hono<HttpEnvironment>;
  readonly appConfig: AppConfig;
  readonly scheduler: TaskScheduler;
  readonly inspector: TaskInspector;
  /** Starts a worker for these tasks (default: all); resolves when Redis lists it for each of them. */
  startWorker(taskNames?: readonly string[]): Promise<void>;
  /** Stops every worker that was started. */
  stopWorkers(): Promise<void>;
}

interface RunningAppOptions {
  readonly redisUrl: string;
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Sets the application up with a queue prefix of its own. Disposing stops the workers and closes the connections. */
export const createRunningApp = ({ redisUrl, tasks, environment = {} }: RunningAppOptions): RunningApp => {
  const appConfig = parseAppConfig({
    NODE_ENV: 'test',
    REDIS_URL: redisUrl,
    QUEUE_PREFIX: `http-${v7()}`,
    WORKER_DRAIN_TIMEOUT_MS: '1000',
    ...environment,
  })._unsafeUnwrap();
  const logger = silentLogger;
  const app = createHttpApp({ tasks, appConfig, logger });
  const workers = new Set<{ stop(): Promise<void> }>();
  const stopWorkers = async (): Promise<void> => {
    await Promise.all([...workers].map((worker) => worker.stop()));
    workers.clear();
  };
  return {
    app,
    appConfig,
    scheduler: createTaskScheduler({ logger, appConfig }),
    inspector: createTaskInspector({ tasks, logger, appConfig }),
    startWorker: async (taskNames = tasks.map((task) => task.queueName)) => {
      const worker = createTaskWorker({ tasks, logger, appConfig, taskNames, id: 'worker-1' });
      workers.add(worker);
      (await worker.start())._unsafeUnwrap();
      await until(async () => {
        const { problems } = (await (await app.request('/readyz')).json()) as { problems: string[] };
        return !taskNames.some((name) => problems.some((problem) => problem.endsWith(` ${name}`)));
      });
    },
    stopWorkers,
    [Symbol.asyncDispose]: async () => {
      await stopWorkers();
      closeSharedConnections();
    },
  };
};
