import { toShownUrl } from '@backend/config/shownUrl';
import { guardedLogger } from '@backend/logger/guardedLogger';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { err, ok, type Result } from 'neverthrow';
import { createRedisClient, type RedisClient, type RedisRole } from './createRedisClient';
import { isCluster } from './isCluster';
import { DEFAULT_REDIS_URL, describeRedisFailure, isEcho, isWrongDatabase } from './RedisFailure';
import { parseRedisUrl, type RedisTarget } from './RedisTarget';

/** A connection with an owner, who closes it. */
export interface RedisConnection {
  readonly client: RedisClient;
  /** Whether commands can be sent now. */
  isReady(): boolean;
  /** Waits until commands can be sent; `err` with the last connection error after `deadlineMs` milliseconds. */
  ready(deadlineMs: number): Promise<Result<RedisClient, Error>>;
  /** Closes at once, also while Redis is gone. Safe to call twice. */
  close(): void;
  /** Calls a listener when the connection is closed by `close`. */
  onClose(listener: () => void): void;
}

const MAX_LISTENERS = 100_000;

interface RedisConnectionOptions {
  /** Default: `redis://127.0.0.1:6379`. */
  readonly redisUrl: string | undefined;
  readonly role: RedisRole;
  readonly logger: ILogger;
  /**
   * Lets the process end while nobody waits for an answer: an idle connection does not keep it alive, and a broken one
   * is opened again by the next `ready`, not by a timer. Default: false.
   */
  readonly endsWithProcess?: boolean;
}

/**
 * Opens a connection to Redis that reconnects by itself for ever and logs its troubles at most once in ten seconds.
 *
 * @throws RedisUrlError when the URL has none of the accepted forms.
 */
export const createRedisConnection = (options: RedisConnectionOptions): RedisConnection => {
  const { role, endsWithProcess = false } = options;
  let waiterCount = 0;
  const client = createRedisClient(toTarget(options.redisUrl ?? DEFAULT_REDIS_URL), {
    role,
    shouldReconnect: () => !endsWithProcess || waiterCount > 0,
  });
  // One for each call that waits and each part of a worker. Not 0 for "any number": BullMQ adds to it.
  client.setMaxListeners(MAX_LISTENERS);
  const trouble = watchTrouble(client, options);
  const copies = trackCopies(client);
  const closeListeners = new Set<() => void>();
  if (endsWithProcess) letProcessEnd(client);
  return {
    client,
    isReady: () => client.status === 'ready',
    ready: async (deadlineMs) => {
      if (client.status === 'ready') return ok(client);
      waiterCount += 1;
      const isReady = await becomesReady(client, deadlineMs);
      waiterCount -= 1;
      return isReady ? ok(client) : err(new Error(trouble.lastReason() ?? 'no answer'));
    },
    close: () => {
      for (const each of [client, ...copies]) each.disconnect();
      for (const listener of closeListeners) listener();
      closeListeners.clear();
    },
    onClose: (listener) => {
      closeListeners.add(listener);
    },
  };
};

const toTarget = (redisUrl: string): RedisTarget => {
  const target = parseRedisUrl(redisUrl);
  if (target.isErr()) throw target.error;
  return target.value;
};

/**
 * Notes the connections that BullMQ opens for its blocking calls. It closes them itself, but never while Redis is gone,
 * and then they would keep the process alive.
 */
const trackCopies = (client: RedisClient): ReadonlySet<RedisClient> => {
  const copies = new Set<RedisClient>();
  const duplicate = client.duplicate.bind(client) as (...args: unknown[]) => RedisClient;
  client.duplicate = ((...args: unknown[]) => {
    const copy = duplicate(...args);
    copies.add(copy);
    // BullMQ would open it, once, and take a failure of that for final, without a word.
    open(copy);
    return copy;
  }) as typeof client.duplicate; // same arguments, same result
  return copies;
};

const watchTrouble = (
  client: RedisClient,
  { redisUrl, role, logger: given }: RedisConnectionOptions,
): { lastReason(): string | undefined } => {
  // A logger that throws inside a listener would end the process.
  const logger = guardedLogger(given);
  const log = createRateLimitedLog({ logger });
  const url = toShownUrl(redisUrl ?? DEFAULT_REDIS_URL).replaceAll('"', '');
  let lastReason: string | undefined;
  client.on('error', (error: unknown) => {
    if (lastReason === undefined || !isEcho(error)) lastReason = describeRedisFailure(error, redisUrl);
    // The client would go on in database 0, which may be another application's.
    if (isWrongDatabase(error)) client.disconnect(true);
    log.warn(`redis-${role}`, 'Redis is not reachable; reconnecting', { role, url, reason: lastReason });
  });
  client.on('ready', () => {
    if (lastReason !== undefined) logger.info('Redis is reachable again', { role });
    lastReason = undefined;
  });
  return { lastReason: () => lastReason };
};

const letProcessEnd = (client: RedisClient): void => {
  if (isCluster(client)) {
    // It has no stream of its own, but a connection to each node that it finds.
    client.on('+node', letProcessEnd);
    return;
  }
  client.on('connect', () => {
    const stream: unknown = Reflect.get(client, 'stream');
    if (typeof stream !== 'object' || stream === null) return;
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  });
};

const open = (client: RedisClient): void => {
  if (client.status !== 'wait' && client.status !== 'end') return;
  // The error reaches the listener too, and the client goes on trying by itself.
  client.connect().catch(() => undefined);
};

const becomesReady = (client: RedisClient, deadlineMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const settle = (isReady: boolean): void => {
      clearTimeout(timer);
      client.off('ready', onReady);
      resolve(isReady);
    };
    const onReady = (): void => settle(true);
    const timer = setTimeout(() => settle(false), deadlineMs);
    client.on('ready', onReady);
    open(client);
  });
