import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { moveToCancelled } from './moveToCancelled';
import { toQueueKey } from './QueueName';

const task = defineTask({
  queueName: 'reports:build',
  schema: z.object({ n: z.number() }),
  handler: () => ok(),
});

/** A job that some worker has taken: no worker of ours runs here. */
const setup = async () => {
  const bench = await createTaskBench({ tasks: [task] });
  const id = await bench.schedule(task, { n: 1 });
  const queue = bench.queue(task);
  const token = 'mine';
  await bench.redis.zrem(queue.toKey('prioritized'), id);
  await bench.redis.lpush(queue.toKey('active'), id);
  await bench.redis.set(`${queue.toKey(id)}:lock`, token);
  await bench.redis.hset(queue.toKey(id), 'ats', '1');
  await bench.redis.del(queue.toKey('marker'));
  const queueKey = toQueueKey(bench.appConfig.queuePrefix, task.queueName);
  const running = { client: bench.redis, queueKey, jobId: id as string, token, takenCount: 1 };
  const move = (change: Partial<typeof running> = {}, hasBegun = true) =>
    moveToCancelled(
      { ...running, ...change },
      { request: { requestedAt: new Date(1000), reason: 'late' }, hasBegun, nowMs: 2000 },
    ).then(
      () => 0,
      ({ code }: { code: unknown }) => code,
    );
  const cancelledEvents = async () =>
    (await bench.redis.xrange(queue.toKey('events'), '-', '+')).filter(([, fields]) =>
      fields.includes('cancelled'),
    ).length;
  return { bench, id, queue, move, cancelledEvents };
};

describe('moveToCancelled', () => {
  it('ends the job with times, reason and attempt', async () => {
    const { bench, id, move } = await setup();
    await using _ = bench;

    expect(await move()).toBe(0);
    expect(await bench.record(id)).toMatchObject({
      status: 'cancelled',
      attempt: 1,
      cancelRequestedAt: new Date(1000),
      endedAt: new Date(2000),
      cancelReason: 'late',
    });
  });

  it('counts no attempt for a handler that did not begin', async () => {
    const { bench, id, move } = await setup();
    await using _ = bench;
    await move({}, false);

    expect((await bench.record(id)).attempt).toBe(0);
  });

  it('does nothing more when it is sent again', async () => {
    const { bench, move, cancelledEvents } = await setup();
    await using _ = bench;
    await move();

    expect([await move(), await cancelledEvents()]).toEqual([0, 1]);
  });

  it('wakes whoever waits for the next task, if there is one', async () => {
    const { bench, queue, move } = await setup();
    await using _ = bench;
    const hasMarker = async () => (await bench.redis.zscore(queue.toKey('marker'), '0')) !== null;
    await move();
    const isWokenForNothing = await hasMarker();
    const other = await setup();
    await using __ = other.bench;
    await other.bench.schedule(task, { n: 2 });
    await other.bench.redis.del(other.queue.toKey('marker'));
    await other.move();

    expect(isWokenForNothing).toBe(false);
    expect(await other.bench.redis.zscore(other.queue.toKey('marker'), '0')).toBe('0');
  });

  it.each([
    ['the lock is gone', -2, 'lock', {}],
    ['another delivery has the lock', -6, undefined, { token: 'theirs' }],
    ['the job is deleted', -1, 'job', {}],
    ['the job does not run', -3, 'active', {}],
  ] as const)('answers as BullMQ does when %s (%i)', async (_what, code, missing, change) => {
    const { bench, id, queue, move, cancelledEvents } = await setup();
    await using _ = bench;
    if (missing === 'lock') await bench.redis.del(`${queue.toKey(id)}:lock`);
    if (missing === 'job') await bench.redis.del(queue.toKey(id));
    if (missing === 'active') await bench.redis.del(queue.toKey('active'));

    expect(await move('token' in change ? change : {})).toBe(code);
    expect([await cancelledEvents(), await bench.redis.zcard(queue.toKey('cancelled'))]).toEqual([0, 0]);
  });
});
