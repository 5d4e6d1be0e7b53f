import { describe, expect, it } from 'bun:test';
import { lookup } from 'node:dns';
import { Cluster, Redis } from 'ioredis';
import { createRedisClient, type RedisClient, type RedisClientOptions } from './createRedisClient';
import { parseRedisUrl } from './RedisTarget';

const create = (url: string, options: Partial<RedisClientOptions> = {}) =>
  createRedisClient(parseRedisUrl(url)._unsafeUnwrap(), { role: 'worker', ...options });

const delaysOf = (client: RedisClient, retryCounts: readonly number[]) =>
  retryCounts.map((count) => (client.options as Redis['options']).retryStrategy?.(count));

describe('createRedisClient', () => {
  it.each(['redis://h', 'redis://h1,redis://h2', 'redis+sentinel://h1:1/m'])(
    'does not connect: %s',
    (url) => {
      expect(create(url).status).toBe('wait');
    },
  );

  it('connects to one server with all the URL says', () => {
    const client = create('rediss://u:p@h:7/2');

    expect(client).toBeInstanceOf(Redis);
    expect(client.options).toMatchObject({
      host: 'h',
      port: 7,
      db: 2,
      username: 'u',
      password: 'p',
      tls: {},
    });
  });

  it('connects without TLS and credentials unless the URL says so', () => {
    const { tls, username, password } = create('redis://h').options as Redis['options'];

    expect([tls ?? null, username ?? null, password ?? null]).toEqual([null, null, null]);
  });

  it('asks sentinels for their master', () => {
    expect(create('redis+sentinel://h1:1,h2:2/mymaster/3').options).toMatchObject({
      sentinels: [
        { host: 'h1', port: 1 },
        { host: 'h2', port: 2 },
      ],
      name: 'mymaster',
      db: 3,
    });
  });

  it('knows every node of a cluster, with the credentials for each', () => {
    const client = create('rediss://u:p@h1:1,rediss://u:p@h2:2');

    expect(client).toBeInstanceOf(Cluster);
    expect(client.options).toMatchObject({ redisOptions: { username: 'u', password: 'p', tls: {} } });
  });

  it('lets a producer fail at once and a worker wait for ever', () => {
    expect(create('redis://h', { role: 'producer' }).options).toMatchObject({
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
    });
    expect(create('redis://h', { role: 'worker' }).options).toMatchObject({
      enableOfflineQueue: true,
      maxRetriesPerRequest: null,
    });
  });

  it.each(['producer', 'worker'] as const)('hands the role %s to a cluster too', (role) => {
    expect(create('redis://h1,redis://h2', { role }).options.enableOfflineQueue).toBe(role === 'worker');
  });

  it('notices a network that swallows packets', () => {
    expect(create('redis://h').options).toMatchObject({
      socketTimeout: 12_000,
      connectTimeout: 5000,
      keepAlive: 10_000,
    });
  });

  it.each([
    [
      'leaves names unresolved for the certificate check of a cluster with TLS',
      'rediss://h1,rediss://h2',
      true,
    ],
    ['resolves names of a cluster without TLS', 'redis://h1,redis://h2', false],
  ])('%s', (_what, url, isUnresolved) => {
    const { dnsLookup } = create(url).options as Cluster['options'];

    expect(dnsLookup === lookup).toBe(!isUnresolved);
  });

  it('never waits longer than 1.5 s between two attempts to connect', () => {
    expect(delaysOf(create('redis://h'), [1, 2, 3, 100, 100_000])).toEqual([100, 200, 400, 1500, 1500]);
  });

  it('does not connect again when it is asked and must not', () => {
    expect(delaysOf(create('redis://h', { shouldReconnect: () => false }), [1])).toEqual([null]);
  });
});
