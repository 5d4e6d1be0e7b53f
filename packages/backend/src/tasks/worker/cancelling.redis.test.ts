import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { cancelledLike, createCancelBench } from './__fixtures__/CancelBench';
import { createTaskBench, loggedLines } from './__fixtures__/TaskBench';

describe('cancelling a task that runs', () => {
  it.each(['ok', 'err', 'fatal', 'later', 'throw'] as const)(
    'aborts its signal with the reason and ends it as cancelled, though its handler then ends with %s',
    async (ends) => {
      const { bench, task, reasons, begun, cancel, setsOf } = await createCancelBench();
      await using _ = bench;
      const worker = await bench.startWorker();
      const id = await bench.schedule(task, { ends });
      await begun(1);
      const answer = await cancel(id, 'no longer wanted');
      const record = await bench.ended(id);

      expect(answer).toMatchObject({
        id,
        status: 'running',
        cancelRequestedAt: expect.any(Date),
        cancelReason: 'no longer wanted',
      });
      expect(reasons).toEqual([expect.objectContaining(cancelledLike('no longer wanted'))]);
      expect(record).toEqual({
        ...answer,
        status: 'cancelled',
        attempt: 1,
        endedAt: expect.any(Date),
      });
      expect(await setsOf(id)).toEqual(['cancelled']);
      expect(worker.getStats()).toMatchObject({ activeTasks: 0, processedCount: 1, failedCount: 0 });
      expect(bench.messages(id)).toEqual(['Task is asked to stop', 'Task cancelled while it ran']);
    },
  );

  it('leaves nothing of it behind but the task, and says so in the events of the queue', async () => {
    const { bench, task, queue, begun, cancel } = await createCancelBench();
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {}, { uniqueTag: 'report-7' });
    await begun(1);
    await cancel(id, 'no longer wanted');
    const { endedAt } = await bench.ended(id);
    const events = await bench.redis.xrevrange(queue.toKey('events'), '+', '-', 'COUNT', 1);

    expect(events.map(([, fields]) => fields)).toEqual([
      ['event', 'cancelled', 'jobId', id, 'prev', 'active', 'reason', 'no longer wanted'],
    ]);
    const left = (await bench.keys()).filter((key) => key.includes(id) || key.includes('de:'));
    expect(left).toEqual([queue.toKey(id)]);
    expect(await bench.redis.zscore(queue.toKey('cancelled'), id)).toBe(String(endedAt?.getTime()));
    expect(await bench.redis.sismember(queue.toKey('stalled'), id)).toBe(0);
    expect((await bench.inspector.getQueueDepth())._unsafeUnwrap()).toMatchObject({
      running: 0,
      cancelled: 1,
    });
  });

  it('once more changes nothing, and the first reason stays', async () => {
    const { bench, task, told, begun, cancel, open } = await createCancelBench();
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, { isDeaf: true });
    await begun(1);
    const first = await cancel(id, 'once');
    const again = await cancel(id, 'twice');
    await until(async () => told.length > 0);
    open();
    const ended = await bench.ended(id);

    expect(again).toEqual(first);
    expect(await cancel(id, 'thrice')).toEqual(ended);
    expect(ended.cancelReason).toBe('once');
    expect(bench.messages(id)).toEqual(['Task is asked to stop', 'Task cancelled while it ran']);
  });

  it('names a handler that ignores its signal, frees its slot, and discards its late result', async () => {
    const { bench, task, open, begun, cancel, setsOf } = await createCancelBench({
      TASK_TIMEOUT_GRACE_MS: '50',
    });
    await using _ = bench;
    await bench.startWorker({ concurrency: 1 });
    const id = await bench.schedule(task, { isDeaf: true });
    await begun(1);
    const next = await bench.schedule(task, {});
    const { correlationId } = await cancel(id);
    const record = await bench.ended(id);
    await begun(2);
    open();
    await until(async () => bench.messages(id).some((message) => message.includes('discarded')));
    await cancel(next);
    await bench.ended(next);

    expect(await bench.record(id)).toEqual(record);
    expect(await setsOf(id)).toEqual(['cancelled']);
    const facts = { taskName: 'reports:build', taskId: id, correlationId, reason: 'cancelled' };
    expect(
      loggedLines(bench.logger).filter(({ level, meta }) => level === 'warn' && meta['taskId'] === id),
    ).toEqual([
      {
        level: 'warn',
        message: 'A handler ignores its abort signal; it goes on without its task',
        meta: facts,
      },
      {
        level: 'warn',
        message: 'A handler ended after its task was settled; its result is discarded',
        meta: facts,
      },
    ]);
  });

  it('lets the next one begin that a limit held back', async () => {
    const starts: number[] = [];
    const task = defineTask({
      queueName: 'reports:build',
      schema: z.object({ n: z.number() }),
      handler: async ({ n }, { signal }) => {
        starts.push(n);
        if (n === 1) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return ok(n);
      },
      options: { maxConcurrency: 1 },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    await bench.startWorker();
    const first = await bench.schedule(task, { n: 1 });
    await bench.reaches(first, 'running');
    const second = await bench.schedule(task, { n: 2 });
    await until(async () => starts.length === 1);
    (await bench.inspector.cancel(first))._unsafeUnwrap();

    expect((await bench.ended(second)).status).toBe('completed');
    expect(starts).toEqual([1, 2]);
  });

  it('takes a lock that lapsed meanwhile back', async () => {
    const { bench, task, queue, begun, cancel } = await createCancelBench();
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await begun(1);
    await bench.redis.del(`${queue.toKey(id)}:lock`);
    await cancel(id);

    expect((await bench.ended(id)).status).toBe('cancelled');
    expect(bench.messages(id)).toContain('Task cancelled while it ran');
  });

  it('can be retried: the new task runs', async () => {
    const { bench, task, starts, begun, cancel } = await createCancelBench();
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await begun(1);
    await cancel(id);
    await bench.ended(id);
    const retried = (await bench.inspector.retry(id))._unsafeUnwrap();
    await begun(2);

    expect(starts).toEqual([id, retried]);
    expect(await bench.record(retried)).not.toHaveProperty('cancelRequestedAt');
    await cancel(retried);
    await bench.ended(retried);
  });

  it('says why it still runs', async () => {
    const { bench, task, begun, cancel, open } = await createCancelBench();
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, { isDeaf: true });
    await begun(1);
    const { cancelRequestedAt } = await cancel(id, 'no longer wanted');
    const { facts } = (await bench.inspector.why(id))._unsafeUnwrap();
    open();

    expect(facts.map(({ reason }) => reason)).toEqual(['running', 'cancel-requested']);
    expect(facts[1]).toEqual({
      reason: 'cancel-requested',
      cancelRequestedAt: cancelRequestedAt ?? new Date(0),
      cancelReason: 'no longer wanted',
    });
  });

  it('reaches its handler within 250 ms at the median', async () => {
    const COUNT = 50;
    const heardAtMs = new Map<TaskId, number>();
    const task = defineTask({
      queueName: 'reports:build',
      schema: z.object({}),
      handler: async (_payload, { taskId, signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        heardAtMs.set(taskId, performance.now());
        return ok();
      },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker({ concurrency: COUNT });
    const ids = await Promise.all(Array.from({ length: COUNT }, () => bench.schedule(task, {})));
    for (const id of ids) await bench.reaches(id, 'running');
    const waitsMs: number[] = [];
    for (const id of ids) {
      const askedAtMs = performance.now();
      (await bench.inspector.cancel(id))._unsafeUnwrap();
      await until(async () => heardAtMs.has(id));
      waitsMs.push((heardAtMs.get(id) ?? 0) - askedAtMs);
    }
    const medianMs = waitsMs.toSorted((one, other) => one - other)[COUNT / 2] ?? Number.NaN;
    console.log(`a cancellation reaches its handler in ${medianMs.toFixed(1)} ms, median of ${COUNT}`);

    expect(medianMs).toBeLessThan(250);
  });
});
