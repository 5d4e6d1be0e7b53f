import { describe, expect, it } from 'bun:test';
import { tracingChannel } from 'node:diagnostics_channel';
import { Redis } from 'ioredis';
import { startCluster } from './__fixtures__/RedisServers';
import { createRedisClient, type RedisClient } from './createRedisClient';
import { startLocalRedis } from './localRedis';
import { parseRedisUrl } from './RedisTarget';

interface Place extends AsyncDisposable {
  readonly redisUrl: string;
}

const startServer = async (): Promise<Place> => {
  const redis = (await startLocalRedis({ appendOnly: false, dataDir: '.data/test' }))._unsafeUnwrap();
  return { redisUrl: redis.url, [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose]() };
};

/** Counts the commands of a name that the library describes, for whoever listens. */
const countDescriptions = (name: string) => {
  const original: unknown = Reflect.get(Redis.prototype, '_buildCommandContext');
  if (typeof original !== 'function') throw new Error('ioredis describes its commands in another place now');
  let count = 0;
  Reflect.set(
    Redis.prototype,
    '_buildCommandContext',
    function described(this: Redis, command: { readonly name: string }) {
      if (command.name === name) count += 1;
      return original.call(this, command);
    },
  );
  return {
    read: () => count,
    [Symbol.dispose]: () => void Reflect.set(Redis.prototype, '_buildCommandContext', original),
  };
};

const connect = (redisUrl: string): RedisClient =>
  createRedisClient(parseRedisUrl(redisUrl)._unsafeUnwrap(), { role: 'worker' });

describe('traceForListeners', () => {
  it.each([
    ['a server', startServer],
    ['a cluster', startCluster],
  ] as const)(
    'has %s tell of its commands while somebody listens, and costs nothing before and after',
    async (_, start) => {
      await using place: Place = await start();
      const client = connect(place.redisUrl);
      using descriptions = countDescriptions('set');
      const told: unknown[] = [];
      const listener = {
        start: (context: unknown) => told.push(context),
        end: () => undefined,
        asyncStart: () => undefined,
        asyncEnd: () => undefined,
        error: () => undefined,
      };

      await client.set('a', '1');
      expect(descriptions.read()).toBe(0);

      const channel = tracingChannel('ioredis:command');
      channel.subscribe(listener);
      await client.set('a', '2');
      channel.unsubscribe(listener);
      expect(descriptions.read()).toBe(1);
      expect(told).toContainEqual(expect.objectContaining({ command: 'set', args: ['a', '?'] }));

      await client.set('a', '3');
      expect(descriptions.read()).toBe(1);
      client.disconnect();
    },
    60_000,
  );
});
