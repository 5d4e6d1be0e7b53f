import type { AppConfig } from '@backend/config/AppConfig';
import type { ILogger } from '@backend/logger/Logger';
import type { RedisConnection } from '@backend/redis/RedisConnection';
import { readRedisFacts, redisProblems } from '@backend/redis/redisHealth';
import { err, ok, type Result } from 'neverthrow';
import { WorkerStartError } from './WorkerStartError';

/** How long a connection attempt is waited for before the log says so; milliseconds. */
const CONNECT_PATIENCE_MS = 5000;

interface ReadyOptions {
  readonly connection: RedisConnection;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  isStopped(): boolean;
}

/**
 * Waits for Redis as long as it takes and says what endangers tasks on it.
 *
 * @returns `stopped` when the worker was stopped meanwhile; `redis-unsafe` under `REDIS_STRICT`.
 */
export const awaitRedis = async (options: ReadyOptions): Promise<Result<void, WorkerStartError>> => {
  const { connection, logger, isStopped } = options;
  while ((await connection.ready(CONNECT_PATIENCE_MS)).isErr()) {
    if (isStopped())
      return err(new WorkerStartError('the worker was stopped before Redis could be reached', 'stopped'));
    logger.warn('Waiting for Redis; no task is taken until it answers');
  }
  return checkRedis(options);
};

/** Says what endangers tasks on this Redis; refuses to start on it under `REDIS_STRICT`. */
const checkRedis = async ({
  connection,
  logger,
  appConfig,
}: ReadyOptions): Promise<Result<void, WorkerStartError>> => {
  try {
    const problems = redisProblems(await readRedisFacts(connection.client));
    for (const problem of problems) logger.warn(`Redis: ${problem}`);
    if (!appConfig.redisStrict || problems.length === 0) return ok();
    return err(
      new WorkerStartError(`REDIS_STRICT refuses this Redis: ${problems.join('; ')}`, 'redis-unsafe'),
    );
  } catch (error) {
    // A managed Redis may forbid INFO or TIME: that alone is no reason not to work.
    logger.warn('Redis does not say how it is configured', { reason: String(error) });
    return ok();
  }
};
