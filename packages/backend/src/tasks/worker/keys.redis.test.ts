import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { isTaskId, type TaskId } from '../domain/TaskId';
import { createTaskBench } from './__fixtures__/TaskBench';

const numberTask = (queueName: string, count?: number) =>
  defineTask({
    queueName,
    schema: z.object({ n: z.number() }),
    handler: async ({ n }) => (n < 0 ? err(TaskError.fatal('negative')) : ok(n)),
    ...(count === undefined
      ? {}
      : { options: { retention: { completed: { count }, failed: { count: 1 } } } }),
  });

describe('a finished task', () => {
  it('is kept as long as the retention of its definition says', async () => {
    const task = numberTask('test:kept', 2);
    // The ledger keeps them longer, and an inspector finds them there.
    await using bench = await createTaskBench({ tasks: [task], env: { LEDGER_URL: 'off' } });
    const ids: TaskId[] = [];
    for (const n of [1, 2, 3, -1, 4]) ids.push(await bench.schedule(task, { n }));
    await bench.startWorker({ concurrency: 1 });
    const last = await bench.schedule(task, { n: -2 });
    ids.push(last);
    await bench.ended(last);

    expect((await bench.inspector.getQueueDepth(task.queueName))._unsafeUnwrap()).toEqual({
      pending: 0,
      scheduled: 0,
      running: 0,
      completed: 2,
      failed: 1,
      cancelled: 0,
    });
    const found = await Promise.all(ids.map((id) => bench.inspector.getTask(id)));
    expect(found.map((record) => record.map(({ value }) => value).unwrapOr('gone'))).toEqual([
      'gone',
      'gone',
      3,
      'gone',
      4,
      undefined,
    ]);
    expect(found[0]?._unsafeUnwrapErr()).toMatchObject({ code: 'not-found' });
  });
});

describe('every key of a queue', () => {
  it('carries our prefix and the hash tag of its queue, and every id in it is ours', async () => {
    const [one, other] = [numberTask('test:one'), numberTask('test-2:some_other')];
    await using bench = await createTaskBench({ tasks: [one, other] });
    await bench.startWorker();
    const ended = [await bench.schedule(one, { n: 1 }), await bench.schedule(other, { n: -1 })];
    for (const id of ended) await bench.ended(id);
    const waiting = [
      await bench.schedule(one, { n: 1 }, { delayMs: 60_000 }),
      await bench.schedule(other, { n: 1 }, { delayMs: 60_000 }),
    ];

    const { queuePrefix } = bench.appConfig;
    const parts = (await bench.keys()).map((key) => key.slice(queuePrefix.length + 1).split(':'));
    expect(new Set(parts.map(([tag]) => tag))).toEqual(
      new Set(['{test.one}', '{test-2.some_other}', '{tasks}']),
    );
    const ids = parts.map(([, id]) => id).filter(isTaskId);
    expect(ids.toSorted()).toEqual([...ended, ...waiting].toSorted());
    expect(await bench.redis.keys('bull:*')).toEqual([]);
  });
});

describe('getTask', () => {
  it.each(['wait', 'meta', 'events', 'prioritized', '*', '1'])(
    'does not take the key %p for a task',
    async (id) => {
      const task = numberTask('test:one');
      await using bench = await createTaskBench({ tasks: [task] });
      await bench.schedule(task, { n: 1 });
      await bench.redis.lpush(`${bench.appConfig.queuePrefix}:{test.one}:wait`, 'left by another program');

      const found = await bench.inspector.getTask(id as TaskId); // what a path of a URL may hold
      expect(found._unsafeUnwrapErr()).toMatchObject({ code: 'not-found' });
    },
  );
});
