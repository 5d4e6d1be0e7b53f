import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { silentLogger } from '@backend/logger/silentLogger';
import { createRedisConnection, type RedisConnection } from '@backend/redis/RedisConnection';
import { createQueueAccess } from './QueueAccess';
import { createTaskWatch, type TaskWatch } from './TaskWatch';

/** The watch of a connection, by prefix. It lives and dies with the connection, which is the key. */
const watchesByConnection = new WeakMap<RedisConnection, Map<string, TaskWatch>>();

interface SharedTaskWatchOptions {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** The watch that all of a process share that use the same Redis URL and prefix. Free: it opens nothing by itself. */
export const sharedTaskWatch = ({ logger, appConfig }: SharedTaskWatchOptions): TaskWatch => {
  const access = createQueueAccess({ logger, appConfig });
  const { connection } = access.open();
  const byPrefix = watchesByConnection.get(connection) ?? new Map<string, TaskWatch>();
  watchesByConnection.set(connection, byPrefix);
  const watch = byPrefix.get(appConfig.queuePrefix) ?? createTaskWatch({ access, connection, connect });
  byPrefix.set(appConfig.queuePrefix, watch);
  return watch;

  /** The connection that tasks are looked at on tells the log of its troubles; they are this one's too. */
  function connect(): RedisConnection {
    const { redisUrl } = appConfig;
    return createRedisConnection({ redisUrl, role: 'producer', logger: silentLogger, endsWithProcess: true });
  }
};
