import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { type TaskOptions } from '../domain/TaskOptions';
import { type FinishedKind } from '../queue/trimFinished';
import { createTaskBench } from './__fixtures__/TaskBench';
import { createRetentionSweeper } from './RetentionSweeper';

const NOW_MS = Date.UTC(2030, 0, 1);
const HOUR_MS = 3_600_000;

const setup = async (retention?: TaskOptions['retention']) => {
  const task = defineTask({
    queueName: 'test:retention',
    schema: z.object({}),
    handler: async () => ok(),
    options: retention === undefined ? {} : { retention },
  });
  const bench = await createTaskBench({ tasks: [task] });
  const { redis, logger } = bench;
  const prefix = bench.appConfig.queuePrefix;
  const key = (name: string): string => `${prefix}:{test.retention}:${name}`;
  const sweeper = createRetentionSweeper({ tasks: [task], client: redis, prefix, logger, now: () => NOW_MS });
  return {
    bench,
    key,
    logger,
    sweep: async () => {
      await sweeper.sweep();
      sweeper.stop();
    },
    /** Writes finished tasks that ended so many hours ago. */
    finish: async (kind: FinishedKind, hoursAgo: readonly number[]): Promise<readonly TaskId[]> => {
      const ids = hoursAgo.map(() => TaskId());
      const pipeline = redis.pipeline();
      for (const [index, id] of ids.entries()) {
        pipeline.hset(key(id), { data: '{}', deid: `key-${id}` });
        pipeline.rpush(key(`${id}:logs`), 'a line');
        pipeline.zadd(key(kind), String(NOW_MS - (hoursAgo[index] ?? 0) * HOUR_MS), id);
      }
      await pipeline.exec();
      return ids;
    },
    left: (kind: FinishedKind) => redis.zrange(key(kind), 0, '-1'),
  };
};

describe('createRetentionSweeper', () => {
  it('deletes what is older than the retention of its kind, in a queue that has gone quiet', async () => {
    const { bench, finish, sweep, left, logger } = await setup({ failed: { ageMs: 2 * HOUR_MS } });
    await using _bench = bench;
    const [, completed] = await finish('completed', [25, 23]);
    const [, failed] = await finish('failed', [3, 1]);
    const [, cancelled] = await finish('cancelled', [25, 23]);
    await sweep();

    expect({
      completed: await left('completed'),
      failed: await left('failed'),
      cancelled: await left('cancelled'),
    }).toEqual({ completed: [completed ?? ''], failed: [failed ?? ''], cancelled: [cancelled ?? ''] });
    expect(logger.debug).toHaveBeenCalledWith('Finished tasks were deleted', {
      taskName: 'test:retention',
      deletedCount: 3,
    });
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it('keeps the newest ones of each kind, as many as its retention says', async () => {
    const counts = { completed: { count: 1 }, failed: { count: 2 }, cancelled: { count: 0 } };
    const { bench, finish, sweep, left } = await setup(counts);
    await using _bench = bench;
    const kept = await finish('completed', [3, 2, 1]);
    const failed = await finish('failed', [1, 2, 3]);
    await finish('cancelled', [2, 1]);
    await sweep();

    expect(await left('completed')).toEqual(kept.slice(2));
    expect(await left('failed')).toEqual([failed[1] ?? '', failed[0] ?? '']);
    expect(await left('cancelled')).toEqual([]);
  });

  it('leaves nothing of a task but the key that keeps a second one away', async () => {
    const { bench, key, finish, sweep } = await setup({ completed: { count: 0 } });
    await using _bench = bench;
    const [id = ''] = await finish('completed', [1]);
    await bench.redis.set(key(`de:key-${id}`), id);
    await sweep();

    expect(await bench.keys()).toEqual([key(`de:key-${id}`)]);
  });

  it('deletes thousands, a part at a time', async () => {
    const { bench, finish, sweep, left } = await setup({ failed: { count: 10 } });
    await using _bench = bench;
    const ids = await finish(
      'failed',
      Array.from({ length: 2510 }, (_, index) => 300 - index / 10),
    );
    await sweep();

    expect(await left('failed')).toEqual([...ids.slice(2500)]);
  });
});
