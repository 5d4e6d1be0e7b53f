import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { type Redis } from 'ioredis';
import { createRedisConnection } from './RedisConnection';

/** A connection that is never opened; what ioredis would tell of it, the test does. */
const setup = (logger = getMockedLogger()) => {
  const connection = createRedisConnection({ redisUrl: 'redis://ada:secret@h', role: 'worker', logger });
  return { ...connection, logger, [Symbol.dispose]: connection.close };
};

/** The warning, which shows the URL without its password. */
const unreachable = (reason: string) => [
  'Redis is not reachable; reconnecting',
  { role: 'worker', url: 'redis://[redacted]@h', reason },
];

describe('createRedisConnection', () => {
  it('does not connect by itself', () => {
    using connection = setup();

    expect(connection.client.status).toBe('wait');
  });

  it('tells once that it was closed', () => {
    const connection = setup();
    let closedCount = 0;
    connection.onClose(() => {
      closedCount += 1;
    });
    connection.close();
    connection.close();

    expect(closedCount).toBe(1);
  });

  it('throws a RedisUrlError for a URL of no accepted form', () => {
    const create = () =>
      createRedisConnection({ redisUrl: 'http://h', role: 'worker', logger: getMockedLogger() });

    expect(create).toThrow('expected REDIS_URL to be redis://');
  });

  it('logs trouble once, and its end', () => {
    using connection = setup();
    const { client, logger } = connection;
    client.emit('error', new Error('read ETIMEDOUT'));
    client.emit('error', new Error('read ETIMEDOUT'));
    client.emit('ready');
    client.emit('ready');

    expect(logger.warn.mock.calls).toEqual([unreachable('read ETIMEDOUT')] as never);
    expect(logger.info.mock.calls).toEqual([['Redis is reachable again', { role: 'worker' }]]);
  });

  it('is not disturbed by a logger that throws', () => {
    const logger = getMockedLogger();
    logger.warn.mockImplementation(() => {
      throw new Error('disk full');
    });
    using connection = setup(logger);
    const { write } = process.stderr;
    process.stderr.write = () => true;
    connection.client.emit('error', new Error('ECONNREFUSED'));
    process.stderr.write = write;

    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it('closes with every copy that was made of it, and may be closed twice', async () => {
    const connection = setup();
    const copy = (connection.client as Redis).duplicate();
    connection.close();
    connection.close();

    await until(async () => connection.client.status === 'end' && copy.status === 'end');
  });
});
