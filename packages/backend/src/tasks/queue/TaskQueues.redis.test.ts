import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { createRedisConnection } from '@backend/redis/RedisConnection';
import { testRedisUrl } from '../worker/__fixtures__/TaskBench';
import { createTaskQueues } from './TaskQueues';

describe('createTaskQueues', () => {
  it('writes one line when the errors of many queues come at once, as in an outage', async () => {
    const logger = getMockedLogger();
    const connection = createRedisConnection({ redisUrl: await testRedisUrl(), role: 'producer', logger });
    const client = (await connection.ready(5000))._unsafeUnwrap();
    const queues = createTaskQueues({ client, prefix: 'errors', logger });
    for (let index = 0; index < 40; index += 1) queues.get(`test:${index}`);
    for (const queue of queues.list()) queue.emit('error', new Error('the connection is lost'));
    connection.close();

    expect(logger.warn.mock.calls).toEqual([
      ['A queue reports an error', { taskName: 'test:0', reason: 'the connection is lost' }],
    ]);
  });
});
