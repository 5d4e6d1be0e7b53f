import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { startLocalRedis } from '@backend/redis/localRedis';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createTaskBench, loggedLines } from './__fixtures__/TaskBench';

const REFUSED = 'Redis refuses commands for now; tasks and results wait until it accepts them';

/** A Redis of its own, which can be told to refuse, and a task that ends when it is told to. */
const setup = async () => {
  const directory = await createTemporaryDirectory();
  const redis = (await startLocalRedis({ appendOnly: false, dataDir: directory.path }))._unsafeUnwrap();
  const { promise: turn, resolve: release } = Promise.withResolvers<void>();
  const starts: number[] = [];
  const task = defineTask({
    queueName: 'test:refused',
    schema: z.object({ isFailing: z.boolean() }),
    handler: async ({ isFailing }, { attempt }) => {
      starts.push(attempt);
      if (attempt === 1) await turn;
      return isFailing && attempt === 1 ? err(new TaskError('asked to fail')) : ok('done');
    },
    options: { backoffMs: 0 },
  });
  const bench = await createTaskBench({
    tasks: [task],
    env: { REDIS_URL: redis.url, WORKER_LOCK_MS: '400', WORKER_STALLED_INTERVAL_MS: '100' },
  });
  return {
    ...{ task, bench, starts, release },
    // A replica whose master never answers.
    refuse: () => bench.redis.replicaof('127.0.0.1', '1'),
    accept: () => bench.redis.replicaof('NO', 'ONE'),
    hasRefused: () => loggedLines(bench.logger).some(({ message }) => message === REFUSED),
    [Symbol.asyncDispose]: async () => {
      await bench[Symbol.asyncDispose]();
      await redis.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
};

describe('a Redis that refuses for longer than the lock', () => {
  it.each([
    ['completed is completed, and was run once', false, [1]],
    ['failed is retried, and was run twice', true, [1, 2]],
  ])(
    'while a task %s',
    async (_what, isFailing, starts) => {
      await using test = await setup();
      await test.bench.startWorker({ concurrency: 1 });
      const id = await test.bench.schedule(test.task, { isFailing });
      await until(async () => test.starts.length === 1);
      await test.refuse();
      await until(async () => test.hasRefused());
      test.release();
      await Bun.sleep(1000); // the very thing under test: the lock lapses, and looks for stalled tasks go by
      await test.accept();

      expect(await test.bench.ended(id)).toMatchObject({ status: 'completed', value: 'done', crashCount: 0 });
      expect(test.starts).toEqual(starts);
    },
    30_000,
  );

  it('does not keep a worker from stopping, which names what Redis did not hear of', async () => {
    await using test = await setup();
    const worker = await test.bench.startWorker({ concurrency: 1, drainTimeoutMs: 100 });
    const id = await test.bench.schedule(test.task, { isFailing: false });
    await until(async () => test.starts.length === 1);
    await test.refuse();
    test.release();
    await until(async () => test.hasRefused());
    const startedAtMs = performance.now();
    await worker.stop();

    expect(performance.now() - startedAtMs).toBeLessThan(100 + 2000);
    expect(worker.getStats().status).toBe('stopped');
    expect(loggedLines(test.bench.logger)).toContainEqual({
      level: 'warn',
      message: 'Redis did not hear what became of some tasks before the stop; they will run again',
      meta: { taskCount: 1, taskIds: [id] },
    });
  }, 30_000);
});
