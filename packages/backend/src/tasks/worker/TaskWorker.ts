import { hostname } from 'node:os';
import { type AppConfig } from '@backend/config/AppConfig';
import { guardedLogger } from '@backend/logger/guardedLogger';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { createRedisConnection, type RedisConnection } from '@backend/redis/RedisConnection';
import { err, ok, type Result } from 'neverthrow';
import { v4 } from 'uuid';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { isLostLock } from '../queue/LostLock';
import { createQueueConsumer, type QueueConsumer } from '../queue/QueueConsumer';
import { createTaskQueues } from '../queue/TaskQueues';
import { toTaskDefaults } from './AttemptPlan';
import { createDeliveryDesk, type DeliveryDesk } from './DeliveryDesk';
import { createEventLoopWatch } from './EventLoopWatch';
import { awaitRedis } from './RedisReadiness';
import { createRetentionSweeper } from './RetentionSweeper';
import { WorkerStartError } from './WorkerStartError';

/** Where a worker is in its life. */
export type TaskWorkerStatus = 'created' | 'starting' | 'running' | 'paused' | 'stopping' | 'stopped';

/** What a worker has done so far. */
export interface TaskWorkerStats {
  readonly id: string;
  readonly status: TaskWorkerStatus;
  /** Tasks that run now. */
  readonly activeTasks: number;
  /** Attempts that have ended, whatever their outcome. */
  readonly processedCount: number;
  /** Tasks that failed for good here. */
  readonly failedCount: number;
  /** Milliseconds since `createTaskWorker`. */
  readonly uptimeMs: number;
}

/** Takes tasks from the queues and runs them. */
export interface TaskWorker {
  /**
   * Resolves when tasks are taken. Waits for Redis as long as it takes; `err` only under `REDIS_STRICT` or `stop`.
   * Called again it answers the same; a stopped worker stays stopped.
   */
  start(): Promise<Result<void, WorkerStartError>>;
  /** Takes no further tasks; those that run go on. Without effect unless the worker is running. */
  pause(): Promise<void>;
  /** Ends a pause. Without effect unless the worker is paused. */
  resume(): Promise<void>;
  /**
   * Takes no further tasks, waits `drainTimeoutMs` for those that run, then aborts their signals and gives them back
   * without using an attempt. Resolves within `drainTimeoutMs` + 2 s, also when Redis is gone or a handler hangs.
   */
  stop(): Promise<void>;
  getStats(): TaskWorkerStats;
  /** Names of the tasks that run now; one that runs twice is there twice. */
  runningTasks(): readonly string[];
}

/** What a worker is made of. */
export interface TaskWorkerOptions {
  /** The registry: `tasks` of `tasks.config.ts`. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  /** Names the worker in logs and on the board. Default: host, process id and a random part. */
  readonly id?: string;
  /** Tasks of one name at the same time. Default: `WORKER_CONCURRENCY`. */
  readonly concurrency?: number;
  /** Takes only these tasks. Default: all. */
  readonly taskNames?: readonly string[];
  /** Milliseconds. Default: `WORKER_DRAIN_TIMEOUT_MS`. */
  readonly drainTimeoutMs?: number;
}

/** How long a stopping worker waits for Redis to take its tasks back; milliseconds. */
const GIVE_BACK_MS = 1000;

/**
 * Creates a worker. It takes nothing before `start`.
 *
 * @throws TaskRegistryError when the list of tasks is wrong; UnknownTaskError when `taskNames` names none of them.
 */
export const createTaskWorker = (options: TaskWorkerOptions): TaskWorker => {
  const { appConfig, drainTimeoutMs = appConfig.workerDrainTimeoutMs } = options;
  const tasks = selectTasks(options);
  const logger = guardedLogger(options.logger);
  const id = options.id ?? `${hostname()}-${process.pid}-${v4().slice(0, 8)}`;
  const stopRequest = new AbortController();
  const shutdown = new AbortController();
  const desk = createDesk({ id, logger, appConfig, shutdown: shutdown.signal });
  const connection = createRedisConnection({ redisUrl: appConfig.redisUrl, role: 'worker', logger });
  const createdAtMs = performance.now();
  let status: TaskWorkerStatus = 'created';
  let parts: RunningParts | undefined;
  let starting: Promise<Result<void, WorkerStartError>> | undefined;
  let stopping: Promise<void> | undefined;
  const isStopped = (): boolean => stopping !== undefined;

  const start = async (): Promise<Result<void, WorkerStartError>> => {
    status = 'starting';
    const ready = await Promise.race([
      awaitRedis({ connection, logger, appConfig, isStopped }),
      whenAborted(stopRequest.signal).then(() => err(stoppedError())),
    ]);
    if (ready.isErr()) {
      starting = undefined;
      if (!isStopped()) status = 'created';
      return ready;
    }
    parts = startParts({ tasks, id, logger, options, desk, connection, isStopped });
    status = 'running';
    return ok();
  };
  const stop = async (): Promise<void> => {
    status = 'stopping';
    stopRequest.abort();
    const closed = Promise.all((parts?.consumers ?? []).map((consumer) => consumer.close()));
    desk.shut();
    const isIdle = await desk.whenIdle(drainTimeoutMs);
    if (!isIdle) shutdown.abort();
    await settlesWithin(closed, isIdle ? GIVE_BACK_MS : GIVE_BACK_MS + 500);
    for (const timer of parts?.timers ?? []) timer.stop();
    connection.close();
    status = 'stopped';
  };

  return {
    start: () => {
      if (isStopped()) return Promise.resolve(err(stoppedError()));
      starting ??= start();
      return starting;
    },
    pause: async () => {
      if (status !== 'running') return;
      status = 'paused';
      // BullMQ's fetch that waits in Redis still takes one task: it is given back unrun.
      desk.shut();
      await Promise.all((parts?.consumers ?? []).map((consumer) => consumer.pause()));
    },
    resume: async () => {
      if (status !== 'paused') return;
      status = 'running';
      desk.open();
      await Promise.all((parts?.consumers ?? []).map((consumer) => consumer.resume()));
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    runningTasks: () => desk.runningTasks(),
    getStats: () => ({
      id,
      status,
      activeTasks: desk.runningTasks().length,
      ...desk.counts(),
      uptimeMs: Math.round(performance.now() - createdAtMs),
    }),
  };
};

const stoppedError = (): WorkerStartError =>
  new WorkerStartError('the worker was stopped before Redis could be reached', 'stopped');

const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

interface RunningParts {
  readonly consumers: readonly QueueConsumer[];
  /** Timers that end with the worker. */
  readonly timers: readonly { stop(): void }[];
}

const selectTasks = ({ tasks, taskNames }: TaskWorkerOptions): readonly TaskDefinition<unknown>[] => {
  const registry = createTaskRegistry(tasks);
  if (taskNames === undefined) return registry.tasks;
  return taskNames.map((name) => {
    const task = registry.get(name);
    if (task.isErr()) throw task.error;
    return task.value;
  });
};

interface DeskOptions {
  readonly id: string;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  readonly shutdown: AbortSignal;
}

const createDesk = ({ id, logger, appConfig, shutdown }: DeskOptions): DeliveryDesk =>
  createDeliveryDesk({
    workerId: id,
    logger,
    shutdown,
    defaults: toTaskDefaults(appConfig),
    graceMs: appConfig.taskTimeoutGraceMs,
    maxCrashes: appConfig.taskMaxCrashes,
    maxResultBytes: appConfig.taskMaxResultBytes,
    now: () => new Date(),
    random: Math.random,
  });

interface PartsOptions {
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly id: string;
  readonly logger: ILogger;
  readonly options: TaskWorkerOptions;
  readonly desk: DeliveryDesk;
  readonly connection: RedisConnection;
  isStopped(): boolean;
}

const startParts = (parts: PartsOptions): RunningParts => {
  const consumers = parts.tasks.map((task) => createConsumer(task, parts));
  for (const consumer of consumers) consumer.start();
  const watch = createEventLoopWatch({
    logger: parts.logger,
    lockMs: parts.options.appConfig.workerLockMs,
    runningTasks: () => parts.desk.runningTasks(),
  });
  const { tasks, logger, connection, options } = parts;
  const queues = createTaskQueues({
    client: connection.client,
    prefix: options.appConfig.queuePrefix,
    logger,
  });
  return { consumers, timers: [watch, createRetentionSweeper({ tasks, queues, logger })] };
};

const createConsumer = (task: TaskDefinition<unknown>, parts: PartsOptions): QueueConsumer => {
  const { options, desk, connection, id } = parts;
  const { appConfig, concurrency = appConfig.workerConcurrency } = options;
  return createQueueConsumer({
    task,
    client: connection.client,
    prefix: appConfig.queuePrefix,
    workerId: id,
    concurrency,
    lockMs: appConfig.workerLockMs,
    stalledIntervalMs: appConfig.workerStalledIntervalMs,
    onDelivery: (delivery) => desk.take(task, delivery),
    ...createReports(task.queueName, parts),
  });
};

const createReports = (taskName: string, { logger, isStopped }: PartsOptions) => {
  const log = createRateLimitedLog({ logger });
  return {
    onError: (error: Error): void => {
      if (isStopped()) return; // connections are being cut on purpose
      if (isLostLock(error)) {
        log.warn('lost-lock', 'A run lost its lock; its result is discarded', {
          taskName,
          reason: error.message,
        });
      } else {
        log.warn('queue', 'A queue reports an error; the worker goes on', {
          taskName,
          reason: error.message,
        });
      }
    },
    onStalled: (taskId: string): void =>
      logger.warn('A worker died or lost the lock while it ran a task; the task was put back', {
        taskName,
        taskId,
      }),
  };
};

const settlesWithin = async (promise: Promise<unknown>, ms: number): Promise<void> => {
  const { promise: timeUp, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise.catch(() => undefined), timeUp]);
  clearTimeout(timer);
};
