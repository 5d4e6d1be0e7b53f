import { type AppConfig } from '@backend/config/AppConfig';
import { isLoopbackHost } from '@backend/config/isLoopbackHost';
import { type ILogger } from '@backend/logger/Logger';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { sharedProducerConnection } from '@backend/redis/sharedRedis';
import { type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { createTaskRegistry } from '@backend/tasks/domain/TaskRegistry';
import { sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { createTaskScheduler, type TaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { BOARD_PATH } from './board/createBoardPages';
import { createBoardRoutes } from './board/createBoardRoutes';
import { createUserRoutes, USERS_PATH, type UserCreator } from './createUserRoutes';
import { createErrorHandler, createNotFoundHandler, respondWithError } from './ErrorResponse';
import { type HttpContext, type HttpEnvironment } from './HttpEnvironment';
import { createHealthRoutes, LIVENESS_PATH, READINESS_PATH } from './health/createHealthRoutes';
import { createMetricsRoutes, METRICS_PATH } from './metrics/createMetricsRoutes';
import { createLagReader, type ReadLag } from './metrics/ledgerMetrics';
import { requireLoopbackName } from './request/Loopback';
import { requestContext } from './request/requestContext';
import { securityHeaders } from './request/securityHeaders';

/** Largest body of a request, in bytes: 1 MiB. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** What the HTTP application is made of. */
export interface HttpAppOptions {
  /** The registry: `tasks` of `tasks.config.ts`. Each is shown on the board, and `/readyz` wants a worker for each. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  /** `POST /users` is there only with it. */
  readonly users?: UserCreator;
  /** For the board and `/readyz`, opened by the first request that needs it. Default: the one all schedulers share. */
  readonly connection?: RedisConnection;
  /** Schedules what the board's form adds. Default: one over the configured Redis. */
  readonly scheduler?: TaskScheduler;
  /** Milliseconds Redis may take before a request is told that it does not answer. Default: 1000. */
  readonly redisDeadlineMs?: number;
}

/**
 * Creates the HTTP application: health, metrics, the board and the example's users. It does not listen: see `serveHttp`.
 *
 * @throws TaskRegistryError when the list of tasks is wrong; BoardAccessError when the board would be open to other
 *   machines without a password.
 */
export const createHttpApp = (options: HttpAppOptions): Hono<HttpEnvironment> => {
  const { appConfig, logger, users, redisDeadlineMs = 1000 } = options;
  const { redisUrl, tasksEnabled, queuePrefix: prefix } = appConfig;
  const connection = options.connection ?? sharedProducerConnection({ redisUrl, logger });
  const { tasks } = createTaskRegistry(options.tasks);
  const scheduler = options.scheduler ?? createTaskScheduler({ logger, appConfig });
  const taskNames = tasks.map((task) => task.queueName);
  const readLag = toLagReader(appConfig);
  const app = new Hono<HttpEnvironment>()
    .use(requestContext({ logger, isRoutine }))
    .use(securityHeaders)
    .use(isLoopbackHost(appConfig.host) ? requireLoopbackName : passOn)
    .use(limitBody)
    .route('/', createHealthRoutes({ tasksEnabled, connection, prefix, taskNames, redisDeadlineMs, readLag }))
    .route('/', createMetricsRoutes({ appConfig, readLag }))
    .route(
      BOARD_PATH,
      createBoardRoutes({ tasks, connection, appConfig, logger, scheduler, redisDeadlineMs }),
    );
  if (users !== undefined) app.route('/', createUserRoutes(users, logger));
  const paths = [
    LIVENESS_PATH,
    READINESS_PATH,
    METRICS_PATH,
    BOARD_PATH,
    ...(users === undefined ? [] : [USERS_PATH]),
  ];
  return app.notFound(createNotFoundHandler(paths)).onError(createErrorHandler(logger));
};

/** Nothing without a ledger, or while tasks are switched off. */
const toLagReader = (appConfig: AppConfig): ReadLag | undefined => {
  const ledger = appConfig.tasksEnabled ? sharedTaskLedger(appConfig) : undefined;
  return ledger && createLagReader({ ledger, deadlineMs: appConfig.ledgerDeadlineMs });
};

/** Probes, scrapers, and an open board, which reads the queues every five seconds. */
const isRoutine = (method: string, path: string): boolean =>
  path === LIVENESS_PATH ||
  path === READINESS_PATH ||
  path === METRICS_PATH ||
  (method === 'GET' && (path === BOARD_PATH || path.startsWith(`${BOARD_PATH}/`)));

const passOn: MiddlewareHandler = (_c, next) => next();

const limitBody: MiddlewareHandler<HttpEnvironment> = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (c: HttpContext) =>
    respondWithError(c, {
      status: 413,
      code: 'body-too-large',
      message: `expected a body of at most ${MAX_BODY_BYTES} bytes`,
    }),
});
