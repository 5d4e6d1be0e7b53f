import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { defineTask } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { glance, isPreferred } from './glance';
import { toQueueKey } from './QueueName';

const task = defineTask({ queueName: 'test:glance', schema: z.object({}), handler: async () => ok() });

/** A queue on a real Redis that nobody takes from. */
const setup = async () => {
  const bench = await createTaskBench({ tasks: [task] });
  const queueKey = toQueueKey(bench.appConfig.queuePrefix, task.queueName);
  const at = (id: TaskId) => bench.record(id).then(({ scheduledAt }) => scheduledAt.getTime());
  return {
    bench,
    add: (options: ScheduleOptions = {}) => bench.schedule(task, {}, options),
    at,
    key: (name: string) => `${queueKey}:${name}`,
    look: (rateLimitMax = 0) => glance({ client: bench.redis, queueKey, rateLimitMax }),
    queue: bench.queue(task),
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
};

const nothing = { limitMs: 0, delayUntilMs: 0 };

describe('glance', () => {
  it('sees nothing where nothing waits', async () => {
    await using test = await setup();

    expect(await test.look()).toEqual(nothing);
  });

  it('sees the highest priority, and since when it is due', async () => {
    await using test = await setup();
    await test.add({ priority: 10 });
    const id = await test.add({ priority: 90 });

    expect(await test.look()).toEqual({
      ...nothing,
      next: { jobPriority: 11, dueAtMs: await test.at(id), id },
    });
  });

  it('sees a child before others of its priority, however late it came', async () => {
    await using test = await setup();
    await test.add();
    const id = await test.add();
    await test.bench.redis.hset(test.key(id), 'priority', '50.984375');
    await test.bench.redis.zadd(test.key('prioritized'), 50.984375 * 2 ** 32 + 7, id);
    const { next } = await test.look();

    expect([next?.id, next?.jobPriority, next !== undefined && isPreferred(next)]).toEqual([
      id,
      50.984375,
      true,
    ]);
  });

  it('counts a delayed task from when it is due, also once BullMQ has promoted it', async () => {
    await using test = await setup();
    const id = await test.add({ delayMs: 40 });
    const dueAtMs = (await test.at(id)) + 40;
    expect(await test.look()).toEqual({ ...nothing, delayUntilMs: dueAtMs });

    await Bun.sleep(50); // it becomes due
    const next = { jobPriority: 51, dueAtMs, id };
    expect(await test.look()).toEqual({ ...nothing, next });
    await (await test.queue.getJob(id))?.promote();
    expect(await test.look()).toEqual({ ...nothing, next });
  });

  it('counts a task that was tried from its last attempt', async () => {
    await using test = await setup();
    const id = await test.add();
    await test.bench.redis.hset(test.key(id), 'processedOn', '5');

    expect((await test.look()).next?.dueAtMs).toBe(5);
  });

  it('sees a task that was put back before all others', async () => {
    await using test = await setup();
    const id = await test.add();
    await test.add({ priority: 'critical' });
    await test.bench.redis.zrem(test.key('prioritized'), id);
    await test.bench.redis.rpush(test.key('wait'), id);

    expect((await test.look()).next).toMatchObject({ jobPriority: 0, id });
  });

  it('sees nothing in a queue that is paused, or has as many running as it may', async () => {
    await using test = await setup();
    await test.add();
    await test.queue.pause();
    const paused = await test.look();
    await test.queue.resume();
    await test.queue.setGlobalConcurrency(1);
    await test.bench.redis.lpush(test.key('active'), 'x');
    const maxed = await test.look();

    expect([paused, maxed]).toEqual([nothing, nothing]);
  });

  it('knows how long a rate limit lasts', async () => {
    await using test = await setup();
    await test.add();
    await test.bench.redis.set(test.key('limiter'), '2', 'PX', 1000);

    expect((await test.look(3)).next?.jobPriority).toBe(51);
    const limited = await test.look(2);
    expect(limited.next).toBeUndefined();
    expect(limited.limitMs).toBeWithin(500, 1001);
  });
});
