import { type ILogger } from '@backend/logger/Logger';
import { createRedisConnection, type RedisConnection } from './RedisConnection';
import { DEFAULT_REDIS_URL } from './RedisFailure';

/**
 * Module state, and why: schedulers are created anywhere, thousands of times, with nothing but a logger and a
 * configuration, and must share one connection for each Redis URL of the process.
 */
const connections = new Map<string, RedisConnection>();

interface SharedRedisOptions {
  readonly redisUrl: string | undefined;
  /** Used by the connection if this call is the one that creates it. */
  readonly logger: ILogger;
}

/** The connection every scheduler of this process shares for a Redis URL. Opened by the first use, not by this call. */
export const sharedProducerConnection = ({ redisUrl, logger }: SharedRedisOptions): RedisConnection => {
  const key = redisUrl ?? DEFAULT_REDIS_URL;
  const existing = connections.get(key);
  if (existing !== undefined) return existing;
  const connection = createRedisConnection({ redisUrl, role: 'producer', logger, endsWithProcess: true });
  connections.set(key, connection);
  return connection;
};

/** Closes every shared connection of the process. The next scheduling call opens a new one. */
export const closeSharedConnections = (): void => {
  for (const connection of connections.values()) connection.close();
  connections.clear();
};
