import { afterEach, describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { closeSharedConnections, sharedProducerConnection } from './sharedRedis';

const connectionTo = (redisUrl: string | undefined) =>
  sharedProducerConnection({ redisUrl, logger: silentLogger });

describe('sharedProducerConnection', () => {
  afterEach(closeSharedConnections);

  it('is one connection for each URL, however often it is asked for, and opens none', () => {
    const connections = new Set(Array.from({ length: 10_000 }, () => connectionTo('redis://h1')));

    expect(connections.size).toBe(1);
    expect(connectionTo('redis://h1').client.options.enableOfflineQueue).toBe(false);
    expect([...connections].map(({ client }) => client.status)).toEqual(['wait']);
    expect(connectionTo('redis://h2')).not.toBe(connectionTo('redis://h1'));
  });

  it('takes no URL for the usual one', () => {
    expect(connectionTo(undefined)).toBe(connectionTo('redis://127.0.0.1:6379'));
  });

  it('is a new one after closing, which may happen twice', () => {
    const first = connectionTo('redis://h1');
    closeSharedConnections();
    closeSharedConnections();

    expect(first.client.status).toBe('end');
    expect(connectionTo('redis://h1')).not.toBe(first);
  });

  it('throws a RedisUrlError for a URL of no accepted form', () => {
    expect(() => connectionTo('http://h')).toThrow('expected REDIS_URL to be redis://');
  });
});
