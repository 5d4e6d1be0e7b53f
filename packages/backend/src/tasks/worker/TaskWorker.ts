import { type AppConfig } from '@backend/config/AppConfig';
import { settleWithin } from '@backend/deadline/settleWithin';
import { WORKER_STOP_TIMES } from '@backend/deadline/stopTimes';
import { guardedLogger } from '@backend/logger/guardedLogger';
import { createRedisConnection } from '@backend/redis/RedisConnection';
import { err, ok, type Result } from 'neverthrow';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { createResourceSet } from '../resources/ResourceSet';
import { createAttemptEnvironment } from './AttemptEnvironment';
import { createDeliveryDesk } from './DeliveryDesk';
import { awaitRedis } from './RedisReadiness';
import { createShutdown } from './Shutdown';
import { toTaskIdFacts } from './TaskIdFacts';
import { type TaskWorkerOptions } from './TaskWorkerOptions';
import { startWorkerParts, type WorkerParts } from './WorkerParts';
import { planWorker } from './WorkerPlan';
import { WorkerStartError } from './WorkerStartError';

/** Where a worker is in its life; `disabled`: it was started while `TASKS_ENABLED` is false, and takes nothing. */
export type TaskWorkerStatus =
  | 'created'
  | 'starting'
  | 'running'
  | 'paused'
  | 'stopping'
  | 'stopped'
  | 'disabled';

/** What a worker has done so far. */
export interface TaskWorkerStats {
  readonly id: string;
  readonly status: TaskWorkerStatus;
  /** Tasks that run now. */
  readonly activeTasks: number;
  /** Attempts that have ended, whatever their outcome. */
  readonly processedCount: number;
  /** Tasks that ended here in a skip: `ok({ status: 'skipped', reason })`. */
  readonly skippedCount: number;
  /** Tasks that failed for good here. */
  readonly failedCount: number;
  /** Milliseconds since `createTaskWorker`. */
  readonly uptimeMs: number;
}

/** Takes tasks from the queues and runs them. */
export interface TaskWorker {
  /**
   * Resolves when tasks are taken. Waits for Redis as long as it takes; `err` only under `REDIS_STRICT`, `stop`, or when a
   * shared resource does not start. With `TASKS_ENABLED` false it answers `ok`, takes nothing and connects to nothing.
   * Called again while it starts or runs it answers the same; a stopped worker stays stopped.
   */
  start(): Promise<Result<void, WorkerStartError>>;
  /** Takes no further tasks; those that run go on. Without effect unless the worker is running. */
  pause(): Promise<void>;
  /** Ends a pause. Without effect unless the worker is paused. */
  resume(): Promise<void>;
  /**
   * Takes no further tasks, waits `drainTimeoutMs` for those that run, then aborts their signals and gives them back
   * without using an attempt, and stops shared resources that no other worker of the process uses. Resolves within
   * `drainTimeoutMs` + 2 s, also when Redis is gone or a handler hangs.
   */
  stop(): Promise<void>;
  getStats(): TaskWorkerStats;
  /** Names of the tasks that run now; one that runs twice is there twice. */
  runningTasks(): readonly string[];
}

/** How long the handlers that were aborted may go on before their resources are stopped; milliseconds. */
const ABORTED_MS = 600;

/** How often a stopping worker looks whether Redis has heard of everything; milliseconds. */
const TOLD_POLL_MS = 20;

/** What a worker says of tasks whose end, or return, Redis did not take before the worker was gone. */
const UNTOLD_MESSAGE = 'Redis did not hear what became of some tasks before the stop; they will run again';

/** What a worker says that is started while tasks are switched off. */
export const DISABLED_MESSAGE = 'TASKS_ENABLED is false: no task is taken';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Creates a worker in a process that is there already. It takes nothing before `start`. Signals, and errors of handlers that
 * reach nobody, are the process's: `runWorkerProcess` sees to both.
 *
 * @throws TaskRegistryError when the list of tasks is wrong; WorkerOptionsError when another option is.
 */
export const createTaskWorker = (options: TaskWorkerOptions): TaskWorker => {
  const plan = planWorker(options);
  const { appConfig } = options;
  const logger = guardedLogger(options.logger);
  const stopRequest = new AbortController();
  const shutdown = createShutdown();
  const resources = createResourceSet({
    definitions: plan.resources,
    listed: options.resources ?? [],
    container: options.container,
    logger,
    appConfig,
  });
  const environment = createAttemptEnvironment({
    ...{ plan, logger, appConfig, shutdown, resolve: resources.resolve },
    draining: stopRequest.signal,
  });
  const { isolation, ledger } = environment;
  const desk = createDeliveryDesk(environment);
  const connection = createRedisConnection({ redisUrl: appConfig.redisUrl, role: 'worker', logger });
  const createdAtMs = performance.now();
  let status: TaskWorkerStatus = 'created';
  let parts: WorkerParts | undefined;
  let starting: Promise<Result<void, WorkerStartError>> | undefined;
  let stopping: Promise<void> | undefined;

  const start = async (): Promise<Result<void, WorkerStartError>> => {
    if (!appConfig.tasksEnabled) {
      status = 'disabled';
      logger.info(DISABLED_MESSAGE, { workerId: plan.id });
      return ok();
    }
    status = 'starting';
    const unisolated = await isolation?.check(plan.isolatedNames);
    if (unisolated?.isErr() && !stopRequest.signal.aborted) {
      status = 'created';
      return err(new WorkerStartError(unisolated.error, { code: 'isolation-unavailable' }));
    }
    const ready = await awaitRedis({ connection, logger, appConfig, stop: stopRequest.signal });
    if (ready.isErr()) return ready;
    const usable = await openLedger(appConfig);
    if (usable.isErr()) return err(usable.error);
    const opened = await resources.start(stopRequest.signal);
    if (opened.isErr()) return err(toStartError(opened.error));
    if (stopRequest.signal.aborted) return err(toStopped());
    parts = startWorkerParts({
      ...{ plan, appConfig, logger, desk, connection, attemptLedger: ledger },
      stop: stopRequest.signal,
    });
    status = 'running';
    return ok();
  };

  const whenTold = async (ms: number): Promise<void> => {
    const endsAtMs = performance.now() + ms;
    while ((parts?.untoldIds().length ?? 0) > 0 && performance.now() < endsAtMs) await pause(TOLD_POLL_MS);
  };

  const toStartError = (cause: Error): WorkerStartError =>
    stopRequest.signal.aborted
      ? toStopped()
      : new WorkerStartError(cause.message, { code: 'resource-failed', cause: cause.cause });

  const stopResources = async (endsAtMs: number): Promise<void> => {
    if (plan.resources.length === 0) return;
    if (starting !== undefined) await settleWithin(starting, endsAtMs - performance.now());
    await desk.whenIdle(ABORTED_MS);
    await resources.stop(endsAtMs - performance.now());
  };

  const stop = async (): Promise<void> => {
    status = 'stopping';
    stopRequest.abort();
    const startedAtMs = performance.now();
    const closed = parts?.close() ?? Promise.resolve();
    desk.shut();
    await desk.whenIdle(plan.drainTimeoutMs);
    shutdown.begin();
    const endsAtMs = startedAtMs + plan.drainTimeoutMs + WORKER_STOP_TIMES.workerMs;
    const stopped = stopResources(endsAtMs);
    // A Redis that is away may come back in time for what has ended.
    await whenTold(plan.drainTimeoutMs - (performance.now() - startedAtMs));
    // Without Redis this never ends by itself; then the stalled check of another worker takes the tasks over.
    await settleWithin(closed, WORKER_STOP_TIMES.giveBackMs);
    const untoldIds = parts?.untoldIds() ?? [];
    if (untoldIds.length > 0) logger.warn(UNTOLD_MESSAGE, toTaskIdFacts(untoldIds));
    isolation?.close();
    await Promise.all([stopped, ledger?.stop(Math.max(0, endsAtMs - performance.now()))]);
    parts?.end();
    connection.close();
    status = 'stopped';
  };

  return {
    start: () => {
      if (stopping !== undefined)
        return Promise.resolve(err(new WorkerStartError('the worker was stopped', { code: 'stopped' })));
      starting ??= start().finally(() => {
        if (status === 'starting') status = 'created';
        if (status !== 'running' && status !== 'disabled') starting = undefined;
      });
      return starting;
    },
    pause: async () => {
      if (status !== 'running') return;
      status = 'paused';
      // BullMQ's fetch that waits in Redis still takes one task: it is given back unrun.
      desk.shut();
      await parts?.pause();
    },
    resume: async () => {
      if (status !== 'paused') return;
      status = 'running';
      desk.open();
      await parts?.resume();
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    runningTasks: () => desk.runningTasks(),
    getStats: () => ({
      id: plan.id,
      status,
      activeTasks: desk.runningTasks().length,
      ...desk.counts(),
      uptimeMs: Math.round(performance.now() - createdAtMs),
    }),
  };
};

const toStopped = (): WorkerStartError =>
  new WorkerStartError('the worker was stopped before it took tasks', { code: 'stopped' });

/** Brings the tables up to date. A database that is away is waited for by each task. */
const openLedger = async (appConfig: AppConfig): Promise<Result<void, WorkerStartError>> => {
  const opened = await sharedTaskLedger(appConfig)?.open();
  if (opened === undefined || opened.isOk() || opened.error.code === 'ledger-unavailable') return ok();
  const { message, cause } = opened.error;
  return err(new WorkerStartError(message, { code: 'ledger-unusable', cause }));
};
