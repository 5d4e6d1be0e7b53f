import { type ILogger } from '@backend/logger/Logger';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { createTaskQueues, type TaskQueues } from './TaskQueues';

/** The queues of a connection, by prefix. They live and die with the connection, which is the key. */
const queuesByConnection = new WeakMap<RedisConnection, Map<string, TaskQueues>>();

interface SharedTaskQueuesOptions {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly logger: ILogger;
}

/** The queues every scheduler shares that uses the same connection and prefix. */
export const sharedTaskQueues = ({ connection, prefix, logger }: SharedTaskQueuesOptions): TaskQueues => {
  const byPrefix = queuesByConnection.get(connection) ?? new Map<string, TaskQueues>();
  queuesByConnection.set(connection, byPrefix);
  const queues = byPrefix.get(prefix) ?? createTaskQueues({ client: connection.client, prefix, logger });
  byPrefix.set(prefix, queues);
  return queues;
};
