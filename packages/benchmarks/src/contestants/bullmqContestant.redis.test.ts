import { describe, expect, it } from 'bun:test';
import { startLocalRedis } from '@backend/redis/localRedis';
import { openConnection } from './bullmqContestant';

describe('openConnection', () => {
  it('sends commands as the library does, without what Drover adds', async () => {
    await using redis = (await startLocalRedis({ appendOnly: false, dataDir: '.data/test' }))._unsafeUnwrap();
    const connection = await openConnection(redis.url, 'producer');
    const { client } = connection;
    connection.close();

    expect(client.sendCommand).toBe(Object.getPrototypeOf(client).sendCommand);
  });

  it('refuses a cluster, of which it cannot take that off', async () => {
    await expect(openConnection('redis://127.0.0.1:1,redis://127.0.0.1:2', 'producer')).rejects.toThrow(
      'expected the connection to have a sendCommand of its own, of traceForListeners',
    );
  });
});
