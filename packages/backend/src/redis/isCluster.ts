import { type Cluster } from 'ioredis';
import { type RedisClient } from './createRedisClient';

/** Whether a connection is one to a cluster. Asks the connection, not its class, which would have to be loaded for that. */
export const isCluster = (client: RedisClient): client is Cluster => client.isCluster;
