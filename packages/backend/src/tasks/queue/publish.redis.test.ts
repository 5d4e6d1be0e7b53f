import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { createRedisConnection } from '@backend/redis/RedisConnection';
import { type JobsOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { v4 } from 'uuid';
import { TaskId } from '../domain/TaskId';
import { testRedisUrl } from '../worker/__fixtures__/TaskBench';
import { publish } from './publish';
import { createTaskQueues } from './TaskQueues';

/** Publishes on a real Redis, and answers the id that is on the queue. */
const setup = async () => {
  const redisUrl = await testRedisUrl();
  const prefix = `test-${v4()}`;
  const connection = createRedisConnection({ redisUrl, role: 'worker', logger: silentLogger });
  const queues = createTaskQueues({ client: connection.client, prefix, logger: silentLogger });
  const redis = new Redis(redisUrl);
  return {
    queue: queues.get('test:publish'),
    publish: async (id: TaskId, options: JobsOptions = {}): Promise<TaskId> => {
      const job = { id, name: 'test:publish', data: {}, options: { jobId: id, priority: 1, ...options } };
      return (await publish({ connection, queues, job, deadlineMs: 5000 }))._unsafeUnwrap();
    },
    [Symbol.asyncDispose]: async () => {
      connection.close();
      await redis.del(await redis.keys(`${prefix}:*`));
      redis.disconnect();
    },
  };
};

describe('publish', () => {
  it('answers the id of the job, also when it was there', async () => {
    await using test = await setup();
    const id = TaskId();

    expect([await test.publish(id), await test.publish(id)]).toEqual([id, id]);
    expect(await test.queue.getJobCountByTypes('prioritized')).toBe(1);
  });

  it.each([{}, { delay: 60_000 }])(
    'answers the id of the unfinished job that made it needless, with %j',
    async (more) => {
      await using test = await setup();
      const [first, second] = [TaskId(), TaskId()];
      const options = { deduplication: { id: 'hash' }, ...more };
      const answers = [await test.publish(first, options), await test.publish(second, options)];
      await test.queue.remove(first);

      expect(answers).toEqual([first, first]);
      expect(await test.publish(second, options)).toBe(second);
    },
  );
});
