import { lookup } from 'node:dns';
import { createRequire } from 'node:module';
import { type RedisOptions as AnyRedisOptions, type Cluster, type Redis } from 'ioredis';
import { type RedisNode, type RedisTarget } from './RedisTarget';
import { traceForListeners } from './traceForListeners';

/** Without the reply mapping, which BullMQ sets itself and which picks among the client's overloads. */
type RedisOptions = Omit<AnyRedisOptions, 'replyMapping'>;

/** A connection to one server, or to a cluster. */
export type RedisClient = Redis | Cluster;

/**
 * What a connection is for.
 *
 * - `producer`: a call that cannot be sent now fails now, and is never sent later behind the caller's back.
 * - `worker`: waits for Redis as long as it takes.
 */
export type RedisRole = 'producer' | 'worker';

/** No wait between two attempts to connect is longer; milliseconds. */
const MAX_RECONNECT_DELAY_MS = 1500;

/**
 * Milliseconds of silence after which a connection is given up. Without it a network that swallows packets wedges a
 * worker for ever, with no error. Above BullMQ's longest blocking call (10 s; ours take 2 s), or a healthy idle
 * connection would be cut; below the lock (20 s). See docs/decisions/0007-socket-timeout.md.
 */
export const SOCKET_TIMEOUT_MS = 12_000;

const reconnectDelayMs = (times: number): number =>
  Math.min(50 * 2 ** Math.min(times, 10), MAX_RECONNECT_DELAY_MS);

/** How a connection is made. */
export interface RedisClientOptions {
  readonly role: RedisRole;
  /** Asked when the connection breaks; no leaves it closed until the next `connect()`. Default: always yes. */
  readonly shouldReconnect?: () => boolean;
}

const COMMON = {
  socketTimeout: SOCKET_TIMEOUT_MS,
  keepAlive: 10_000,
  connectTimeout: 5000,
  // A server that loads its data is asked again so often; by default after up to ten seconds.
  maxLoadingRetryTime: MAX_RECONNECT_DELAY_MS,
  disableClientInfo: true,
  lazyConnect: true,
} as const satisfies RedisOptions;

const ROLES = {
  producer: { enableOfflineQueue: false, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false },
  worker: { enableOfflineQueue: true, maxRetriesPerRequest: null, autoResendUnfulfilledCommands: true },
} as const satisfies Record<RedisRole, RedisOptions>;

const accessOptions = ({ username, password, isTls }: RedisTarget): RedisOptions => ({
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password }),
  ...(isTls ? { tls: {} } : {}),
});

type RetryStrategy = (times: number) => number | null;

const serverOptions = (
  target: Exclude<RedisTarget, { kind: 'cluster' }>,
  retryStrategy: RetryStrategy,
): RedisOptions =>
  target.kind === 'single'
    ? { host: target.host, port: target.port, db: target.db }
    : {
        sentinels: target.nodes.map((node) => ({ ...node })),
        name: target.master,
        db: target.db,
        // Without the question that it asks, a process would look for its sentinels for ever instead of ending.
        sentinelRetryStrategy: retryStrategy,
        enableTLSForSentinelMode: target.isTls,
        ...(target.isTls ? { sentinelTLS: {} } : {}),
      };

const createCluster = (
  nodes: readonly RedisNode[],
  redisOptions: RedisOptions,
  clusterRetryStrategy: RetryStrategy,
): Cluster => {
  const ioredis = loadIoredis();
  return new ioredis.Cluster(
    nodes.map((node) => ({ ...node })),
    {
      redisOptions,
      enableOfflineQueue: redisOptions.enableOfflineQueue ?? true,
      clusterRetryStrategy,
      lazyConnect: true,
      // Names behind TLS must reach the certificate check unresolved.
      dnsLookup: redisOptions.tls === undefined ? lookup : (address, callback) => callback(null, address),
    },
  );
};

/** Loads the library with the first connection. No import, for the reason that `loadBullmq` has. */
const loadIoredis = (): typeof import('ioredis') =>
  typeof require === 'function' ? require('ioredis') : createRequire(import.meta.url)('ioredis');

/** Creates a connection that is not open yet; it opens with the first command or `connect()`. */
export const createRedisClient = (
  target: RedisTarget,
  { role, shouldReconnect = () => true }: RedisClientOptions,
): RedisClient => {
  const retryStrategy: RetryStrategy = (times) => (shouldReconnect() ? reconnectDelayMs(times) : null);
  const options: RedisOptions = { ...COMMON, ...ROLES[role], ...accessOptions(target) };
  if (target.kind === 'cluster')
    return traceForListeners(createCluster(target.nodes, options, retryStrategy));
  const serverTarget: RedisOptions = { ...options, retryStrategy, ...serverOptions(target, retryStrategy) };
  const ioredis = loadIoredis();
  return traceForListeners(new ioredis.Redis(serverTarget));
};
