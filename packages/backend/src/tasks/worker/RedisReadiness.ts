import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { readRedisFacts, redisProblems } from '@backend/redis/redisHealth';
import { err, ok, type Result } from 'neverthrow';
import { WorkerStartError } from './WorkerStartError';

/** How long a connection attempt is waited for before the log says so; milliseconds. */
const CONNECT_PATIENCE_MS = 5000;

interface ReadyOptions {
  readonly connection: RedisConnection;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  /** Aborted when the worker stops. */
  readonly stop: AbortSignal;
}

/**
 * Waits for Redis as long as it takes and says what endangers tasks on it.
 *
 * @returns `stopped` when the worker was stopped meanwhile; `redis-unsafe` under `REDIS_STRICT`.
 */
export const awaitRedis = async (options: ReadyOptions): Promise<Result<void, WorkerStartError>> => {
  const checked = await Promise.race([waitAndCheck(options), whenAborted(options.stop)]);
  if (checked !== undefined && !options.stop.aborted) return checked;
  return err(new WorkerStartError('the worker was stopped before it took tasks', { code: 'stopped' }));
};

const waitAndCheck = async (options: ReadyOptions): Promise<Result<void, WorkerStartError>> => {
  const { connection, logger, stop } = options;
  while ((await connection.ready(CONNECT_PATIENCE_MS)).isErr() && !stop.aborted) {
    logger.warn('Waiting for Redis; no task is taken until it answers');
  }
  return stop.aborted ? ok() : checkRedis(options);
};

const whenAborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });

/** Says what endangers tasks on this Redis; refuses to start on it under `REDIS_STRICT`. */
const checkRedis = async ({
  connection,
  logger,
  appConfig,
  stop,
}: ReadyOptions): Promise<Result<void, WorkerStartError>> => {
  try {
    const problems = redisProblems(await readRedisFacts(connection.client));
    for (const problem of problems) logger.warn(`Redis: ${problem}`);
    if (!appConfig.redisStrict || problems.length === 0) return ok();
    return err(
      new WorkerStartError(`REDIS_STRICT refuses this Redis: ${problems.join('; ')}`, {
        code: 'redis-unsafe',
      }),
    );
  } catch (error) {
    // A managed Redis may forbid INFO or TIME: that alone is no reason not to work.
    if (!stop.aborted) logger.warn('Redis does not say how it is configured', { reason: String(error) });
    return ok();
  }
};
