import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { createLedgerTaskBench } from '../worker/__fixtures__/LedgerTaskBench';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { createTaskInspector } from './TaskInspector';

const setup = async () => {
  const gate = Promise.withResolvers<void>();
  const task = defineTask({
    queueName: 'mails:send',
    schema: z.object({ n: z.number() }),
    handler: async ({ n }) => {
      await gate.promise;
      return ok(n);
    },
  });
  const bench = await createTaskBench({ tasks: [task] });
  const why = async (id: TaskId) => (await bench.inspector.why(id))._unsafeUnwrap();
  return { bench, task, queue: bench.queue(task), open: () => gate.resolve(), why };
};

describe('why', () => {
  it('says that no worker is there, and then how many tasks come first', async () => {
    const { bench, task, why } = await setup();
    await using _ = bench;
    await bench.schedule(task, { n: 1 });
    const id = await bench.schedule(task, { n: 2 });
    await bench.schedule(task, { n: 3 });
    await bench.schedule(task, { n: 4 }, { priority: 'critical' });

    expect(await why(id)).toEqual({
      sentence: 'No worker takes mails:send.',
      facts: [
        { reason: 'no-worker', taskName: 'mails:send' },
        { reason: 'behind', aheadCount: 2 },
      ],
    });
  });

  it('counts recovered tasks as first, and those behind a recovered one not', async () => {
    const { bench, task, queue, why } = await setup();
    await using _ = bench;
    const ids = [];
    for (let n = 0; n < 3; n += 1) ids.push(await bench.schedule(task, { n }));
    const [one = TaskId(), other = TaskId(), third = TaskId()] = ids;
    await bench.redis.zrem(queue.toKey('prioritized'), one, other);
    await bench.redis.lpush(queue.toKey('wait'), one, other); // workers take from the end: one, then other

    const ahead = await Promise.all(ids.map(async (id) => (await why(id)).facts.slice(1)));
    expect(ahead).toEqual([[], [{ reason: 'behind', aheadCount: 1 }], [{ reason: 'behind', aheadCount: 2 }]]);
    expect(third).toBeString();
  });

  it('says when a task is due', async () => {
    const { bench, task, why } = await setup();
    await using _ = bench;
    await bench.startWorker();
    const at = new Date(Date.now() + 600_000);

    expect((await why(await bench.schedule(task, { n: 1 }, { at, expiresInMs: 1000 }))).facts).toEqual([
      { reason: 'delayed', dueAt: at },
      { reason: 'expires', expiresAt: new Date(at.getTime() + 1000), isExpired: false },
    ]);
  });

  it('knows a paused queue, a concurrency that is used up and a rate limit', async () => {
    const { bench, task, queue, why } = await setup();
    await using _ = bench;
    const id = await bench.schedule(task, { n: 1 });
    await queue.pause();
    await bench.redis.hset(queue.toKey('meta'), { concurrency: 1, max: 2 });
    await bench.redis.lpush(queue.toKey('active'), TaskId());
    await bench.redis.set(queue.toKey('limiter'), 2, 'PX', 60_000);
    const { sentence, facts } = await why(id);
    await bench.redis.del(queue.toKey('active'));

    expect(sentence).toBe('The queue is paused.');
    expect(facts).toEqual([
      { reason: 'paused' },
      { reason: 'no-worker', taskName: 'mails:send' },
      { reason: 'rate-limited', maxStarts: 2, until: expect.any(Date) },
      { reason: 'max-concurrency', maxConcurrency: 1, runningCount: 1 },
    ]);
  });

  it('names the worker of a running task, and says that the others wait for it', async () => {
    const { bench, task, open, why } = await setup();
    await using _ = bench;
    await bench.startWorker({ id: 'w1', concurrency: 1 });
    const id = await bench.schedule(task, { n: 1 });
    const { startedAt } = await bench.reaches(id, 'running');
    const next = await why(await bench.schedule(task, { n: 2 }));
    const running = await why(id);
    open();
    const { endedAt } = await bench.ended(id);

    expect(running.facts).toEqual([
      { reason: 'running', attempt: 1, startedAt, workerId: 'w1' },
    ] as unknown as typeof running.facts);
    expect(next.facts).toEqual([{ reason: 'workers-busy', workerCount: 1, runningCount: 1 }]);
    expect((await why(id)).facts).toEqual([
      { reason: 'completed', endedAt },
    ] as unknown as typeof running.facts);
  });

  it('says why a task was cancelled', async () => {
    const { bench, task, why } = await setup();
    await using _ = bench;
    const id = await bench.schedule(task, { n: 1 });
    (await bench.inspector.cancel(id, 'no longer wanted'))._unsafeUnwrap();

    expect((await why(id)).sentence).toMatch(/^The task was cancelled at \S+: no longer wanted\.$/);
  });

  it('finds a task whose definition is gone', async () => {
    const { bench, task } = await setup();
    await using _ = bench;
    const id = await bench.schedule(task, { n: 1 });
    const { appConfig, logger } = bench;
    const explained = await createTaskInspector({ tasks: [], appConfig, logger }).why(id);

    expect(explained._unsafeUnwrap()).toMatchObject({
      sentence: 'The task waits under the name mails:send, which no definition has.',
      facts: [{ reason: 'unregistered' }, { reason: 'no-worker' }],
    });
  });

  it('does not know of workers where Redis lists no clients', async () => {
    const { bench, task } = await setup();
    await using _ = bench;
    const id = await bench.schedule(task, { n: 1 });
    const user = `user-${id}`;
    await bench.redis.acl('SETUSER', user, 'on', '>secret', '~*', '&*', '+@all', '-client|list');
    const url = new URL(bench.appConfig.redisUrl);
    const redisUrl = `redis://${user}:secret@${url.host}`;
    const appConfig = { ...bench.appConfig, redisUrl };
    const explained = await createTaskInspector({ tasks: [task], appConfig, logger: bench.logger }).why(id);
    await bench.redis.acl('DELUSER', user);

    expect(explained._unsafeUnwrap().facts).toEqual([
      { reason: 'workers-unknown', message: expect.stringContaining('NOPERM') },
    ]);
  });

  it.each(['wait', 'meta', TaskId()])('finds no task %p', async (id) => {
    const { bench, task } = await setup();
    await using _ = bench;
    await bench.schedule(task, { n: 1 });

    expect((await bench.inspector.why(id as TaskId))._unsafeUnwrapErr().code).toBe('not-found');
  });

  it('explains a task that only the ledger has', async () => {
    const task = defineTask({
      queueName: 'mails:send',
      schema: z.object({ n: z.number() }),
      handler: async ({ n }) => ok(n),
    });
    await using setup = await createLedgerTaskBench('sqlite', { tasks: [task] });
    const { bench } = setup;
    const at = new Date(Date.now() + 600_000);
    const ids = [await bench.schedule(task, { n: 1 }), await bench.schedule(task, { n: 2 }, { at })];
    (await bench.inspector.cancel(ids[0] ?? TaskId(), 'sold out'))._unsafeUnwrap();
    await bench.redis.del(await bench.keys());
    const [cancelled, waiting] = await Promise.all(ids.map((id) => bench.inspector.why(id)));

    expect(cancelled?._unsafeUnwrap().sentence).toMatch(/^The task was cancelled at \S+: sold out\.$/);
    expect(waiting?._unsafeUnwrap()).toEqual({
      sentence: 'The task is in the ledger and not on its queue: it is put there when Redis takes it.',
      facts: [
        { reason: 'not-on-queue', taskName: 'mails:send' },
        { reason: 'delayed', dueAt: at },
      ],
    });
  });
});
