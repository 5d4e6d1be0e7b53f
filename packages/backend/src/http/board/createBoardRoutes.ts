import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { sharedTaskQueues } from '@backend/tasks/queue/sharedTaskQueues';
import { TASKS_DISABLED_MESSAGE } from '@backend/tasks/queue/TasksDisabledError';
import { readWorkerPresence, type WorkerPresence } from '@backend/tasks/queue/WorkerPresence';
import { type TaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { Hono, type MiddlewareHandler } from 'hono';
import { type HttpContext, type HttpEnvironment } from '../HttpEnvironment';
import { probeRedis } from '../health/RedisProbe';
import { runWithSignal } from '../request/RequestSignal';
import { requireSameOrigin } from '../request/SameOrigin';
import { createBoardAccess } from './BoardAccess';
import { createBoardCancellers } from './BoardCanceller';
import { BOARD_PATH, createBoardPages } from './createBoardPages';

/** What a board is made of. */
export interface BoardOptions {
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly connection: RedisConnection;
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  /** Schedules what the board's form adds. */
  readonly scheduler: TaskScheduler;
  /** Milliseconds Redis may take before the board says that it does not answer. */
  readonly redisDeadlineMs: number;
}

/** Seconds after which a browser that was told so looks again. */
const RELOAD_AFTER_SECONDS = '5';

/**
 * Creates the routes below `BOARD_PATH`: access first, then whether Redis answers, then Bull Board.
 *
 * @throws BoardAccessError when the board would be open to other machines without a password.
 */
export const createBoardRoutes = (options: BoardOptions): Hono<HttpEnvironment> => {
  const openPages = createLazyPages(options);
  return new Hono<HttpEnvironment>()
    .use(createBoardAccess(options.appConfig))
    .use(requireSameOrigin)
    .use(requireRedis(options))
    .all('*', async (c) => {
      if (c.req.path === `${BOARD_PATH}/`) return c.redirect(BOARD_PATH);
      const response = await runWithSignal(c.req.raw.signal, () => openPages().fetch(c.req.raw));
      return isUnknownPage(response) ? c.notFound() : response;
    });
};

/** A task that Bull Board does not find is answered as JSON, a path that it does not know as text. */
const isUnknownPage = ({ status, headers }: Response): boolean =>
  status === 404 && headers.get('Content-Type')?.startsWith('text/plain') === true;

/** A queue made while Redis is down is broken for good, so the pages are made by the first request that finds it up. */
const createLazyPages = ({ tasks, connection, appConfig, logger, scheduler }: BoardOptions): (() => Hono) => {
  const { client } = connection;
  const prefix = appConfig.queuePrefix;
  let pages: Hono | undefined;
  const create = (): Hono =>
    createBoardPages({
      tasks,
      client,
      appConfig,
      logger,
      scheduler,
      queues: sharedTaskQueues({ connection, prefix, logger }),
      cancellerOf: createBoardCancellers({ appConfig, logger }),
      readWorkers: shareWhileRunning(() => readWorkerPresence(client, prefix)),
    });
  return () => {
    pages ??= create();
    return pages;
  };
};

/** Bull Board asks for the workers of every queue at the same moment: one answer serves them all. */
const shareWhileRunning = (read: () => Promise<WorkerPresence>): (() => Promise<WorkerPresence>) => {
  let running: Promise<WorkerPresence> | undefined;
  return () => {
    running ??= read().finally(() => {
      running = undefined;
    });
    return running;
  };
};

/** Bull Board's own calls never return while Redis is down. */
const requireRedis =
  ({ appConfig, connection, redisDeadlineMs }: BoardOptions): MiddlewareHandler<HttpEnvironment> =>
  async (c, next) => {
    if (!appConfig.tasksEnabled) return c.text(`${TASKS_DISABLED_MESSAGE}, so there is no board\n`, 503);
    const redis = await probeRedis(connection, redisDeadlineMs);
    if (redis.isOk()) return next();
    return respondUnavailable(c, redis.error.message);
  };

const respondUnavailable = (c: HttpContext, message: string): Response => {
  c.header('Retry-After', RELOAD_AFTER_SECONDS);
  // The shape Bull Board's pages show to people.
  if (c.req.path.startsWith(`${BOARD_PATH}/api/`))
    return c.json({ error: message, correlationId: c.get('correlationId') }, 503);
  c.header('Refresh', RELOAD_AFTER_SECONDS);
  return c.text(
    `${message}\nThe board is back as soon as Redis answers; this page looks again by itself.\n`,
    503,
  );
};
