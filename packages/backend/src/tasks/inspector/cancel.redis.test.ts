import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { toCancelledKey } from '../queue/CancelledTasks';
import { createTaskBench, loggedLines, throwingLogger } from '../worker/__fixtures__/TaskBench';
import { createTaskInspector } from './TaskInspector';

const setup = async () => {
  const ran: number[] = [];
  const task = defineTask({
    queueName: 'mails:send',
    schema: z.object({ n: z.number(), does: z.enum(['pass', 'fail']).default('pass') }),
    handler: async ({ n, does }) => {
      ran.push(n);
      return does === 'fail' ? err(new TaskError('SMTP is down')) : ok(n);
    },
    options: { maxAttempts: 2, backoffMs: 600_000 },
  });
  const bench = await createTaskBench({ tasks: [task] });
  const cancel = async (id: TaskId, reason?: string) =>
    (await bench.inspector.cancel(id, reason))._unsafeUnwrap();
  const refusal = async (id: TaskId, reason?: unknown) =>
    (await bench.inspector.cancel(id, reason as string))._unsafeUnwrapErr(); // what untyped callers may say
  const queue = bench.queue(task);
  return { bench, task, queue, ran, cancel, refusal };
};

describe('cancel', () => {
  it('cancels a pending task: no worker runs it', async () => {
    const { bench, task, ran, cancel } = await setup();
    await using _ = bench;
    const id = await bench.schedule(task, { n: 1 });
    const before = await bench.record(id);
    const cancelled = await cancel(id, 'no longer wanted');
    await bench.startWorker();
    await bench.ended(await bench.schedule(task, { n: 2 }));

    expect(cancelled).toEqual({
      ...before,
      status: 'cancelled',
      endedAt: expect.any(Date),
      cancelReason: 'no longer wanted',
    });
    expect(await bench.record(id)).toEqual(cancelled);
    expect(ran).toEqual([2]);
  });

  it('cancels a scheduled task, without a reason', async () => {
    const { bench, task, cancel } = await setup();
    await using _ = bench;
    const { dueAt, ...cancelled } = await cancel(await bench.schedule(task, { n: 1 }, { delayMs: 600_000 }));

    expect(cancelled.status).toBe('cancelled');
    expect({ dueAt, reason: cancelled.cancelReason }).toEqual({ dueAt: undefined, reason: undefined });
  });

  it('cancels a task that waits for another attempt, and keeps its error', async () => {
    const { bench, task, cancel } = await setup();
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, { n: 1, does: 'fail' });
    await bench.reaches(id, 'retrying');

    expect(await cancel(id)).toMatchObject({
      status: 'cancelled',
      attempt: 1,
      error: { message: 'SMTP is down' },
    });
  });

  it.each(['wait', 'paused'])('cancels a task that is in the list %p, as after a recovery', async (list) => {
    const { bench, task, queue, cancel } = await setup();
    await using _ = bench;
    const id = await bench.schedule(task, { n: 1 });
    await bench.redis.zrem(queue.toKey('prioritized'), id);
    await bench.redis.lpush(queue.toKey(list), id);
    await bench.redis.hset(queue.toKey(id), 'stc', '1');

    expect(await cancel(id)).toMatchObject({ status: 'cancelled', attempt: 1, crashCount: 1 });
    expect(await bench.redis.llen(queue.toKey(list))).toBe(0);
  });

  it('leaves a task that has ended as it is', async () => {
    const { bench, task, refusal } = await setup();
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, { n: 1 });
    const ended = await bench.ended(id);

    expect(await refusal(id)).toMatchObject({
      code: 'not-cancellable',
      message: `expected a task that is pending, scheduled, retrying or running, got ${id}, which is completed`,
      metadata: { status: 'completed' },
    });
    expect(await bench.record(id)).toEqual(ended);
  });

  it('answers the same when a task is cancelled again, and logs it once', async () => {
    const { bench, task, cancel } = await setup();
    await using _ = bench;
    const id = await bench.schedule(task, { n: 1 });
    const first = await cancel(id, 'once');
    const again = await cancel(id, 'twice');

    expect(again).toEqual(first);
    expect(loggedLines(bench.logger)).toEqual([
      {
        level: 'info',
        message: 'Task cancelled',
        meta: { taskName: 'mails:send', taskId: id, correlationId: first.correlationId, reason: 'once' },
      },
    ]);
  });

  it('cancels a task though the logger throws', async () => {
    const { bench, task } = await setup();
    await using _ = bench;
    const id = await bench.schedule(task, { n: 1 });
    const { appConfig } = bench;
    const inspector = createTaskInspector({ tasks: [task], logger: throwingLogger, appConfig });

    expect((await inspector.cancel(id))._unsafeUnwrap().status).toBe('cancelled');
  });

  it('keeps cancelled tasks by the time they were cancelled at', async () => {
    const { bench, task, queue, cancel } = await setup();
    await using _ = bench;
    const id = await bench.schedule(task, { n: 1 });
    const { endedAt } = await cancel(id);

    const members = await bench.redis.zrange(toCancelledKey(queue), '0', '-1', 'WITHSCORES');
    expect(members).toEqual([id, String(endedAt?.getTime())]);
    expect((await bench.inspector.getQueueDepth())._unsafeUnwrap()).toMatchObject({
      pending: 0,
      cancelled: 1,
    });
  });

  it.each([
    ['names this task and has no end', 'own', undefined, false],
    ['names another task', 'other', undefined, true],
    ['has an end of its own', 'own', 60_000, true],
  ])(
    'treats a deduplication key that %s (%p, ends in %p ms, kept: %p) as BullMQ does',
    async (_what, holder, ttlMs, isKept) => {
      const { bench, task, queue, cancel } = await setup();
      await using _ = bench;
      const id = await bench.schedule(task, { n: 1 });
      const key = queue.toKey('de:order-7');
      await bench.redis.hset(queue.toKey(id), 'deid', 'order-7');
      await bench.redis.set(key, holder === 'own' ? id : TaskId());
      if (ttlMs !== undefined) await bench.redis.pexpire(key, ttlMs);
      await cancel(id);

      expect((await bench.redis.exists(key)) === 1).toBe(isKept);
    },
  );

  it.each(['wait', 'meta', 'cancelled', '1', TaskId()])('finds no task %p', async (id) => {
    const { bench, task, refusal } = await setup();
    await using _ = bench;
    await bench.schedule(task, { n: 1 });
    const keys = await bench.keys();

    expect(await refusal(id as TaskId)).toMatchObject({ code: 'not-found' });
    expect(await bench.keys()).toEqual(keys);
  });

  it.each([
    ['', '""'],
    ['x'.repeat(1001), '1001 characters'],
    [7, '7'],
    [null, 'null'],
  ])('refuses the reason %p', async (reason, got) => {
    const { bench, task, refusal } = await setup();
    await using _ = bench;
    const id = await bench.schedule(task, { n: 1 });

    expect(await refusal(id, reason)).toMatchObject({
      code: 'invalid-reason',
      message: `expected reason to be a text of 1 to 1000 characters, got ${got}`,
    });
    expect((await bench.record(id)).status).toBe('pending');
  });

  it('accepts the longest reason', async () => {
    const { bench, task, cancel } = await setup();
    await using _ = bench;
    const reason = 'x'.repeat(1000);

    expect((await cancel(await bench.schedule(task, { n: 1 }), reason)).cancelReason).toBe(reason);
  });

  it('runs no task that it has answered is cancelled, and ends each in the one way that it answered', async () => {
    const { bench, task, ran } = await setup();
    await using _ = bench;
    const ids = await Promise.all(Array.from({ length: 60 }, (__, n) => bench.schedule(task, { n })));
    const [answers] = await Promise.all([
      Promise.all(ids.toReversed().map((id) => bench.inspector.cancel(id))),
      bench.startWorker({ concurrency: 3 }),
    ]);
    const records = await Promise.all(ids.map((id) => bench.ended(id)));

    const answered = answers.map((answer) => (answer.isOk() ? answer.value.status : 'ended')).toReversed();
    const unexpected = records.filter(({ status }, n) => {
      if (answered[n] === 'cancelled') return status !== 'cancelled' || ran.includes(n);
      return answered[n] === 'ended' && status !== 'completed';
    });
    expect(unexpected).toEqual([]);
    expect(new Set(ran).size).toBe(ran.length);
  });
});
