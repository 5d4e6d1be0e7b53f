import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { createRedisConnection } from '@backend/redis/RedisConnection';
import { type JobsOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { v4 } from 'uuid';
import { TaskId } from '../domain/TaskId';
import { testRedisUrl } from '../worker/__fixtures__/TaskBench';
import { type PublishErrorCode, publish } from './publish';
import { createTaskQueues } from './TaskQueues';

/** Publishes on a real Redis, or over a connection to what is none, and answers the id that is on the queue. */
const setup = async (publishUrl?: string) => {
  const redisUrl = await testRedisUrl();
  const prefix = `test-${v4()}`;
  const connection = createRedisConnection({
    redisUrl: publishUrl ?? redisUrl,
    role: 'worker',
    logger: silentLogger,
  });
  const queues = createTaskQueues({ client: connection.client, prefix, logger: silentLogger });
  const redis = new Redis(redisUrl);
  const toJob = (id: TaskId, options: JobsOptions = {}) => ({
    id,
    name: 'test:publish',
    data: {},
    options: { jobId: id, priority: 1, ...options },
  });
  return {
    redis,
    queue: queues.get('test:publish'),
    publish: async (id: TaskId, options?: JobsOptions): Promise<TaskId> => {
      const job = toJob(id, options);
      return (await publish({ connection, queues, job, deadlineMs: 5000 }))._unsafeUnwrap();
    },
    /** Why a job is not on its queue. */
    refusal: async (): Promise<readonly [PublishErrorCode, isUnknown: boolean]> => {
      const job = toJob(TaskId());
      const { code, isUnknown } = (
        await publish({ connection, queues, job, deadlineMs: 100 })
      )._unsafeUnwrapErr();
      return [code, isUnknown];
    },
    [Symbol.asyncDispose]: async () => {
      connection.close();
      const keys = await redis.keys(`${prefix}:*`);
      if (keys.length > 0) await redis.del(keys);
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

  it('says whether a job was refused, may be on its queue, or was not sent', async () => {
    await using test = await setup();
    await test.publish(TaskId());
    await test.redis.config('SET', 'min-replicas-to-write', '1');
    const refused = await test.refusal();
    await test.redis.config('SET', 'min-replicas-to-write', '0');
    await test.redis.client('PAUSE', 60_000, 'WRITE');
    const unconfirmed = await test.refusal();
    await test.redis.client('UNPAUSE');
    await using away = await setup('redis://127.0.0.1:1');

    expect([refused, unconfirmed, await away.refusal()]).toEqual([
      ['refused', false],
      ['unconfirmed', true],
      ['unreachable', false],
    ]);
  });
});
