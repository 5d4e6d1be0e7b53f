import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';

const task = defineTask({
  queueName: 'mails:send',
  schema: z.object({ does: z.enum(['pass', 'fail', 'retry']) }),
  handler: async ({ does }, { attempt }) => {
    if (does === 'fail') return err(TaskError.fatal('never'));
    return does === 'retry' && attempt === 1 ? err(new TaskError('again')) : ok(attempt);
  },
  options: { backoffMs: 0, retention: { completed: { count: 5 } } },
});
const idleTask = defineTask({ queueName: 'idle:task', schema: z.unknown(), handler: () => ok(1) });

const setup = async () => {
  const bench = await createTaskBench({ tasks: [task, idleTask] });
  const stats = async (query?: { name?: string; windowMs?: number }) =>
    (await bench.inspector.getStats(query))._unsafeUnwrap();
  return { bench, stats };
};

const HOUR_MS = 3_600_000;

describe('getStats', () => {
  it('has an entry for each definition, in their order', async () => {
    const { bench, stats } = await setup();
    await using _ = bench;

    expect((await stats()).map(({ taskName }) => taskName)).toEqual(['mails:send', 'idle:task']);
    expect((await stats({ name: 'idle:task' })).map(({ taskName }) => taskName)).toEqual(['idle:task']);
  });

  it('counts what ended, and takes waits from tasks that ended in their first attempt', async () => {
    const { bench, stats } = await setup();
    await using _ = bench;
    const ids = [
      await bench.schedule(task, { does: 'retry' }),
      await bench.schedule(task, { does: 'pass' }),
      await bench.schedule(task, { does: 'fail' }),
    ];
    // As if it had been due for an hour when the worker comes.
    const [retried = '', passed = ''] = ids;
    const oneHourAgo = Date.now() - HOUR_MS;
    await bench.redis.hset(bench.queue(task).toKey(retried), 'timestamp', String(oneHourAgo));
    await bench.redis.hset(bench.queue(task).toKey(passed), 'timestamp', String(oneHourAgo));
    const [before] = await stats();
    await bench.startWorker();
    for (const id of ids) await bench.ended(id);
    const [found] = await stats({ name: 'mails:send' });

    expect(before?.oldestWaitingMs).toBeWithin(HOUR_MS, HOUR_MS + 10_000);
    expect(found).toMatchObject({
      counts: { pending: 0, scheduled: 0, running: 0, completed: 2, failed: 1, cancelled: 0 },
      failureRate: 1 / 3,
      throughputPerMinute: 3 / 60,
      sampleCount: 3,
    });
    expect(found?.oldestWaitingMs).toBeUndefined();
    expect(found?.waitMs?.p99).toBeWithin(HOUR_MS, HOUR_MS + 10_000);
    expect(found?.waitMs?.p50).toBeWithin(0, 10_000);
    expect(found?.runMs?.p99).toBeWithin(0, 10_000);
    expect(found?.since.getTime()).toBeWithin(Date.now() - HOUR_MS - 10_000, Date.now() - HOUR_MS + 1);
  });

  it('looks back no further than a full set reaches', async () => {
    const { bench, stats } = await setup();
    await using _ = bench;
    await bench.startWorker({ concurrency: 1 });
    for (let n = 0; n < 7; n += 1) await bench.ended(await bench.schedule(task, { does: 'pass' }));
    const oldest = await bench.redis.zrange(bench.queue(task).toKey('completed'), '0', '0', 'WITHSCORES');
    const [found] = await stats();

    expect(found?.since.getTime()).toBe(Number(oldest[1]));
    expect(found?.sampleCount).toBeLessThan(5);
  });

  it('leaves out what ended before the window', async () => {
    const { bench, stats } = await setup();
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, { does: 'pass' });
    await bench.ended(id);
    await bench.redis.zadd(bench.queue(task).toKey('completed'), Date.now() - 5000, id);

    expect((await stats({ windowMs: 1000 }))[0]?.sampleCount).toBe(0);
    expect((await stats({ windowMs: 60_000 }))[0]?.sampleCount).toBe(1);
  });

  it('finds the task that waits longest, whatever its priority and wherever it is', async () => {
    const { bench, stats } = await setup();
    await using _ = bench;
    const queue = bench.queue(task);
    const waiting = async (ageMs: number, priority: number): Promise<string> => {
      const id = await bench.schedule(task, { does: 'pass' }, { priority });
      await bench.redis.hset(queue.toKey(id), 'timestamp', Date.now() - ageMs);
      return id;
    };
    const oldestMs = async (): Promise<number> => (await stats())[0]?.oldestWaitingMs ?? 0;
    await waiting(1000, 100);
    await waiting(60_000, 0);
    const ofPriorities = await oldestMs();
    const recovered = await waiting(0, 50);
    await bench.redis.zrem(queue.toKey('prioritized'), recovered);
    await bench.redis.lpush(queue.toKey('wait'), recovered);
    await bench.redis.hset(queue.toKey(recovered), 'processedOn', Date.now() - 120_000);
    const ofRecovered = await oldestMs();
    await bench.schedule(task, { does: 'pass' }, { delayMs: 600_000 });
    const beforeOverdue = await oldestMs();
    await bench.redis.zadd(queue.toKey('delayed'), (Date.now() - 180_000) * 4096, recovered);

    expect(ofPriorities).toBeWithin(60_000, 70_000);
    expect(ofRecovered).toBeWithin(120_000, 130_000);
    expect(beforeOverdue).toBeWithin(120_000, 130_000);
    expect(await oldestMs()).toBeWithin(180_000, 190_000);
  });

  it('refuses a wrong query', async () => {
    const { bench } = await setup();
    await using _ = bench;

    expect((await bench.inspector.getStats({ windowMs: 1 }))._unsafeUnwrapErr()).toMatchObject({
      code: 'invalid-query',
      message: 'the query is refused: expected windowMs to be an integer from 1000 to 315360000000, got 1',
    });
  });
});
