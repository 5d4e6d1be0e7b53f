import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { probeRedis } from '@backend/redis/local/probeRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { Redis } from 'ioredis';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskScheduler } from '../scheduler/TaskScheduler';
import { testRedisUrl } from '../worker/__fixtures__/TaskBench';
import { createTaskWorker } from '../worker/TaskWorker';
import { TestingError } from './TestingError';
import { type LocalRedisWorld, withLocalRedis } from './withLocalRedis';

const task = defineTask({ queueName: 'test:local', schema: z.object({}), handler: () => ok('done') });

const schedule = async ({ appConfig }: LocalRedisWorld) =>
  (
    await createTaskScheduler({ logger: silentLogger, appConfig }).schedule(CorrelationId(), task, {})
  )._unsafeUnwrap();

const portOf = (url: string): number => Number(new URL(url).port);

describe('withLocalRedis', () => {
  it('starts a Redis, answers what the test returns, and stops it', async () => {
    const { url, result } = await withLocalRedis(
      async (world) => {
        const worker = createTaskWorker({ tasks: [task], logger: silentLogger, appConfig: world.appConfig });
        await worker.start();
        const handle = await schedule(world);
        const answer = await handle.result();
        await worker.stop();
        return { url: world.redisUrl, result: answer._unsafeUnwrap() };
      },
      { env: { WORKER_DRAIN_TIMEOUT_MS: '100' } },
    );

    expect(result).toBe('done');
    expect(await probeRedis({ port: portOf(url), timeoutMs: 500 })).toBeUndefined();
  });

  it('stops it also when the test throws, and throws the same', async () => {
    const failure = new Error('the test failed');
    let url = '';
    const failing = withLocalRedis(({ redisUrl }) => {
      url = redisUrl;
      throw failure;
    });

    expect(await failing.catch((thrown: unknown) => thrown)).toBe(failure);
    expect(await probeRedis({ port: portOf(url), timeoutMs: 500 })).toBeUndefined();
  });

  it('leaves a given Redis running, and nothing of the test in it', async () => {
    const redisUrl = await testRedisUrl();
    const client = new Redis(redisUrl);
    await client.set('test-of-others', '1');
    const prefix = await withLocalRedis(
      async (world) => {
        await schedule(world);
        expect((await client.keys(`${world.appConfig.queuePrefix}:*`)).length).toBeGreaterThan(1);
        return world.appConfig.queuePrefix;
      },
      { redisUrl, env: { QUEUE_PREFIX: 'mine' } },
    );
    const left = await client.keys(`${prefix}*`);
    const others = await client.getdel('test-of-others');
    client.disconnect();

    expect([prefix, left, others]).toEqual([expect.stringMatching(/^test-/), [], '1'] as never);
  });

  it('refuses a wrong variable before anything is started', async () => {
    await expect(withLocalRedis(() => 1, { env: { TASK_MAX_ATTEMPTS: '0' } })).rejects.toThrow(
      'expected TASK_MAX_ATTEMPTS to be an integer',
    );
  });

  it.each([
    [{ foo: 1 }, 'unknown option foo.'],
    [null, 'expected options to be an object, got null'],
    [{ redisUrl: 7 }, 'expected redisUrl to be a text, got 7'],
    [{ env: 'x' }, 'expected env to be an object, got "x"'],
  ])('refuses the options %p', async (options, message) => {
    await expect(withLocalRedis(() => 1, options as never)).rejects.toThrow(new TestingError(message));
  });
});
