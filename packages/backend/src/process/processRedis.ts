import { type AppConfig, MISSING_REDIS } from '@backend/config/AppConfig';
import { ensureRedis } from '@backend/redis/localRedis';
import { DEFAULT_REDIS_URL } from '@backend/redis/RedisFailure';
import { exitWithMessage } from './startProcess';

/** A configuration whose `redisUrl` is known, and what was started for it. */
export interface ProcessRedis {
  readonly appConfig: AppConfig & { readonly redisUrl: string };
  /** Port of a Redis that was found or started; undefined when `REDIS_URL` named one. */
  readonly localPort: number | undefined;
  /** Stops what was started; nothing when `REDIS_URL` named a server. */
  stop(): Promise<void>;
}

/**
 * Finds the Redis of a process: `REDIS_URL`, or outside of production one that is found or started on this machine.
 * One that is started listens on port 6379 when that is free, where scripts look without `REDIS_URL`.
 * Effect: `REDIS_URL` is set from then on, for this process and its children. Ends the process with the choices when
 * there is none.
 */
export const findProcessRedis = async (
  appConfig: AppConfig,
  announce: (line: string) => void,
): Promise<ProcessRedis> => {
  if (appConfig.environment === 'production' && appConfig.redisUrl === undefined) {
    return exitWithMessage(MISSING_REDIS);
  }
  const redis = await ensureRedis({
    redisUrl: appConfig.redisUrl,
    appendOnly: true,
    dataDir: appConfig.dataDir,
    announce,
    preferredPort: Number(new URL(DEFAULT_REDIS_URL).port),
  });
  if (redis.isErr()) return exitWithMessage(redis.error.message);
  // A handler is a plain function and reads its configuration with getAppConfig(); without this line one that schedules
  // would look for Redis on port 6379 while its worker uses the one that was found here.
  process.env['REDIS_URL'] = redis.value.url;
  const { url: redisUrl, port: localPort } = redis.value;
  return { appConfig: { ...appConfig, redisUrl }, localPort, stop: () => redis.value.stop() };
};
