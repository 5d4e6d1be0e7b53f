import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AppConfig } from '@backend/config/AppConfig';
import { deleteKeys } from '@backend/redis/deleteKeys';
import { type LocalRedis, startLocalRedis } from '@backend/redis/localRedis';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { v4 } from 'uuid';
import { checkLocalRedisOptions } from './checkTestOptions';
import { testConfig } from './testConfig';

/** What an integration test gets. */
export interface LocalRedisWorld {
  readonly redisUrl: string;
  /** For that Redis, with a prefix of its own; everything else has its default. */
  readonly appConfig: AppConfig & { readonly redisUrl: string };
}

/** Where an integration test runs. */
export interface LocalRedisWorldOptions {
  /** A Redis that runs already; only the keys of the test are deleted from it. Default: one is started, and stopped. */
  readonly redisUrl?: string | undefined;
  /** Variables of the configuration, such as `{ TASK_BACKOFF_MS: '0' }`. Default: none. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a test on a real Redis, under a prefix of its own, and cleans up after it: also when the test fails, and when its
 * process is killed. Stop your workers inside; the connections that schedulers share are closed here.
 *
 * @returns What the test returns.
 * @throws TestingError when an option is unknown or wrong; LocalRedisError when no Redis can be had; ConfigError when a variable is wrong; what the test throws.
 */
export const withLocalRedis = async <T>(
  test: (world: LocalRedisWorld) => T | PromiseLike<T>,
  options: LocalRedisWorldOptions = {},
): Promise<T> => {
  checkLocalRedisOptions(test, options);
  const { redisUrl: given, env = {} } = options;
  const prefix = `test-${v4()}`;
  const config = testConfig({ ...env, QUEUE_PREFIX: prefix });
  await using cleanUp = new AsyncDisposableStack();
  const redisUrl = given ?? cleanUp.use(await startTestRedis()).url;
  const appConfig = { ...config, redisUrl };
  cleanUp.defer(async () => {
    closeSharedConnections();
    if (given !== undefined) await deleteKeys(redisUrl, `${prefix}:`);
  });
  return await test({ redisUrl, appConfig });
};

const startTestRedis = async (): Promise<LocalRedis> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'drover-test-'));
  const remove = () => rm(dataDir, { recursive: true, force: true });
  const started = await startLocalRedis({ appendOnly: false, dataDir });
  if (started.isErr()) {
    await remove();
    throw started.error;
  }
  const redis = started.value;
  const stop = async (): Promise<void> => {
    await redis.stop();
    await remove();
  };
  return { ...redis, stop, [Symbol.asyncDispose]: stop };
};
