import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { toQueueKey } from '../queue/QueueName';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';

const task = defineTask({ queueName: 'test:retry', schema: z.object({}), handler: async () => ok() });

const setup = async () => {
  const bench = await createTaskBench({ tasks: [task] });
  const { redis, appConfig } = bench;
  const key = (name: string): string => `${toQueueKey(appConfig.queuePrefix, task.queueName)}:${name}`;
  const retry = (id: TaskId, force?: boolean) =>
    bench.inspector.retry(id, force === undefined ? {} : { force });
  return {
    bench,
    retry,
    /** Writes a task that ended so. */
    end: async (set: 'failed' | 'cancelled'): Promise<TaskId> => {
      const id = TaskId();
      await redis.hset(key(id), { data: '{"v":1,"payload":{},"correlationId":"c"}', priority: '51' });
      await redis.zadd(key(set), '5', id);
      return id;
    },
    waitingIds: () => redis.zrange(key('prioritized'), 0, '-1'),
  };
};

describe('TaskInspector.retry', () => {
  it.each(['failed', 'cancelled'] as const)('does a %s task again, once', async (set) => {
    const { bench, retry, end, waitingIds } = await setup();
    await using _bench = bench;
    const id = await end(set);
    const newId = (await retry(id))._unsafeUnwrap();
    const again = (await retry(id))._unsafeUnwrapErr();

    expect(await waitingIds()).toEqual([newId]);
    expect((await bench.record(newId)).retriedFrom).toBe(id);
    expect([again.code, again.message.includes(newId)]).toEqual(['already-retried', true]);
    expect(again.metadata).toEqual({ retriedAs: newId });
    const forced = (await retry(id, true))._unsafeUnwrap();
    expect(await waitingIds()).toEqual([newId, forced]);
  });

  it('says that Redis refused when it did', async () => {
    const { bench, retry } = await setup();
    await using _bench = bench;
    await bench.redis.set(`${toQueueKey(bench.appConfig.queuePrefix, task.queueName)}:failed`, 'no set');

    expect((await retry(TaskId()))._unsafeUnwrapErr()).toMatchObject({
      code: 'queue-unavailable',
      message: expect.stringMatching(/^Redis refused: WRONGTYPE /),
    });
  });

  it('refuses a task that has not ended so, and one that is not there', async () => {
    const { bench, retry } = await setup();
    await using _bench = bench;
    const id = await bench.schedule(task, {});
    const unknown = TaskId();

    expect((await retry(id))._unsafeUnwrapErr()).toMatchObject({
      code: 'not-retriable',
      message: `expected the task "${id}" (test:retry) to be failed or cancelled, got one that is pending`,
      metadata: { status: 'pending' },
    });
    expect((await retry(unknown))._unsafeUnwrapErr()).toMatchObject({
      code: 'not-found',
      message: `no registered queue holds the task "${unknown}"`,
    });
    expect((await retry('x'.repeat(5000) as TaskId))._unsafeUnwrapErr().message).toHaveLength(115);
  });
});
