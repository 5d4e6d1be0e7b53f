import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { Redis } from 'ioredis';
import { err, ok } from 'neverthrow';
import { v4 } from 'uuid';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type TaskId } from '../domain/TaskId';
import { toCancelChannel } from '../queue/CancelChannel';
import { createTaskBench, loggedLines, testRedisUrl } from './__fixtures__/TaskBench';

const FAR_MS = 600_000;

/** A task that runs until its signal is aborted, or, if it is deaf, until the test opens its gate. */
const setup = async (env: Readonly<Record<string, string>> = {}) => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const starts: TaskId[] = [];
  const reasons: unknown[] = [];
  const told: TaskId[] = [];
  const task = defineTask({
    queueName: 'reports:build',
    schema: z.object({
      isDeaf: z.boolean().default(false),
      ends: z.enum(['ok', 'err', 'fatal', 'later', 'throw']).default('ok'),
    }),
    handler: async ({ isDeaf, ends }, { taskId, signal }) => {
      starts.push(taskId);
      const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => abort());
      void aborted.then(() => told.push(taskId));
      await (isDeaf ? gate : aborted);
      reasons.push(signal.reason);
      if (ends === 'throw') throw signal.reason;
      if (ends === 'later') return err(TaskError.retryLater(FAR_MS));
      if (ends === 'fatal') return err(TaskError.fatal('no such report'));
      return ends === 'err' ? err(new TaskError('out of paper')) : ok('built');
    },
    options: { maxAttempts: 3, backoffMs: FAR_MS, timeoutMs: 60_000 },
  });
  const bench = await createTaskBench({ tasks: [task], env: { TASK_TIMEOUT_GRACE_MS: '2000', ...env } });
  const queue = bench.queue(task);
  const cancel = async (id: TaskId, reason?: string) =>
    (await bench.inspector.cancel(id, reason))._unsafeUnwrap();
  const begun = (count: number) => until(async () => starts.length >= count);
  /** What a request leaves in Redis whose call nobody heard. */
  const mark = (id: TaskId) =>
    bench.redis.hset(queue.toKey(id), { cancelRequestedAt: String(Date.now()), cancelReason: 'unheard' });
  const setsOf = async (id: TaskId) => {
    const [scored, listed] = [
      ['completed', 'failed', 'cancelled', 'delayed', 'prioritized'],
      ['active', 'wait', 'paused'],
    ];
    const found = await Promise.all([
      ...scored.map(async (set) => ((await bench.redis.zscore(queue.toKey(set), id)) === null ? [] : [set])),
      ...listed.map(async (set) => ((await bench.redis.lpos(queue.toKey(set), id)) === null ? [] : [set])),
    ]);
    return found.flat();
  };
  return { task, bench, queue, starts, reasons, told, open, cancel, begun, mark, setsOf };
};

/** A user of Redis that may do anything but speak and listen on channels. */
const createMuteUser = async () => {
  const name = `user-${v4()}`;
  const admin = new Redis(await testRedisUrl());
  await admin.call('ACL', 'SETUSER', name, 'on', '>secret', '~*', '+@all', 'resetchannels');
  return {
    name,
    [Symbol.asyncDispose]: async () => {
      await admin.call('ACL', 'DELUSER', name);
      admin.disconnect();
    },
  };
};

const cancelledLike = (reason: string) => ({
  code: 'cancelled',
  message: `the task was cancelled: ${reason}`,
});

describe('cancelling a task that runs', () => {
  it.each(['ok', 'err', 'fatal', 'later', 'throw'] as const)(
    'aborts its signal with the reason and ends it as cancelled, though its handler then ends with %s',
    async (ends) => {
      const { bench, task, reasons, begun, cancel, setsOf } = await setup();
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
    const { bench, task, queue, begun, cancel } = await setup();
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
    const { bench, task, told, begun, cancel, open } = await setup();
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
    const { bench, task, open, begun, cancel, setsOf } = await setup({ TASK_TIMEOUT_GRACE_MS: '50' });
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
    const { bench, task, queue, begun, cancel } = await setup();
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
    const { bench, task, starts, begun, cancel } = await setup();
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
    const { bench, task, begun, cancel, open } = await setup();
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

describe('a cancellation that comes when', () => {
  it('it likes ends its task in exactly one way, the one that it answered', async () => {
    const task = defineTask({
      queueName: 'reports:build',
      schema: z.object({ ms: z.number(), ends: z.number() }),
      handler: async ({ ms, ends }, { signal }) => {
        const { promise: told, resolve: tell } = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => tell());
        await Promise.race([told, Bun.sleep(ms)]);
        if (ends === 0) return err(TaskError.fatal('no such report'));
        if (ends === 1) return err(TaskError.retryLater(5));
        return ends === 2 ? err(new TaskError('out of paper')) : ok('built');
      },
      options: { maxAttempts: 2, backoffMs: 5, timeoutMs: 25 },
    });
    const bench = await createTaskBench({ tasks: [task] });
    await using _ = bench;
    await bench.startWorker({ concurrency: 20 });
    // No two tasks have the same delay, length, end and moment of the cancellation: waiting, starting, running, ending.
    const ends = await Promise.all(
      Array.from({ length: 120 }, async (__, n) => {
        const id = await bench.schedule(task, { ms: n % 31, ends: n % 5 }, { delayMs: n % 7 });
        await Bun.sleep((n * 13) % 47);
        const answer = await bench.inspector.cancel(id);
        const answered = answer.isOk() ? answer.value.status : 'ended';
        return { answered, status: (await bench.ended(id)).status, n };
      }),
    );
    const unexpected = ends.filter(({ answered, status }) => {
      if (answered === 'cancelled') return status !== 'cancelled';
      return answered === 'ended' ? status === 'cancelled' : false;
    });
    const counts = (await bench.inspector.getQueueDepth())._unsafeUnwrap();

    expect(unexpected).toEqual([]);
    expect(counts.completed + counts.failed + counts.cancelled).toBe(120);
    expect({ ...counts, completed: 0, failed: 0, cancelled: 0 }).toEqual({
      pending: 0,
      scheduled: 0,
      running: 0,
      completed: 0,
      failed: 0,
      cancelled: 0,
    });
  });

  it('the handler fails in the same moment ends its task all the same', async () => {
    const { bench, task, open, begun, setsOf } = await setup();
    await using _ = bench;
    await bench.startWorker({ concurrency: 40 });
    const kinds = ['err', 'later'] as const;
    const ids = await Promise.all(
      Array.from({ length: 40 }, (__, n) =>
        bench.schedule(task, { isDeaf: true, ends: kinds[n % 2] ?? 'err' }),
      ),
    );
    await begun(40);
    const answers = ids.map(async (id, n) => {
      if (n === 10) open();
      return (await bench.inspector.cancel(id))._unsafeUnwrap().status;
    });
    const statuses = await Promise.all(answers);
    const ended = await Promise.all(ids.map((id) => bench.ended(id)));

    expect(ended.map(({ status }) => status)).toEqual(ids.map(() => 'cancelled'));
    expect(await Promise.all(ids.map(setsOf))).toEqual(ids.map(() => ['cancelled']));
    expect(statuses.every((status) => status === 'running' || status === 'cancelled')).toBe(true);
  });

  it('the handler has its time limit behind it, and its grace before it, cancels the task', async () => {
    const { bench, task, begun, open, cancel } = await setup();
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, { isDeaf: true }, { timeoutMs: 1 });
    await begun(1);
    await Bun.sleep(20); // the time limit of the call, and a bit more
    await cancel(id);
    open();

    expect((await bench.ended(id)).status).toBe('cancelled');
  });

  it('Redis forbids to subscribe and to publish is heard of at the next look, and the log says so', async () => {
    const { hostname, port } = new URL(await testRedisUrl());
    await using user = await createMuteUser();
    const { bench, task, begun, cancel } = await setup({
      REDIS_URL: `redis://${user.name}:secret@${hostname}:${port}`,
      WORKER_STALLED_INTERVAL_MS: '60',
    });
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await begun(1);
    const asked = await cancel(id);

    expect([asked.status, (await bench.ended(id)).status]).toEqual(['running', 'cancelled']);
    expect(loggedLines(bench.logger).filter(({ level }) => level === 'warn')).toContainEqual({
      level: 'warn',
      message: 'A queue reports an error; the worker goes on',
      meta: { reason: expect.stringContaining('NOPERM') },
    });
  });

  it('nobody hears of it is heard of at the next look', async () => {
    const { bench, task, begun, mark, reasons } = await setup({ WORKER_STALLED_INTERVAL_MS: '60' });
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await begun(1);
    await mark(id);

    expect((await bench.ended(id)).status).toBe('cancelled');
    expect(reasons).toEqual([expect.objectContaining(cancelledLike('unheard'))]);
  });

  it('the connection is broken is heard of when it is back', async () => {
    const { bench, task, begun, mark } = await setup({ WORKER_STALLED_INTERVAL_MS: '60000' });
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await begun(1);
    await mark(id);
    await bench.redis.client('KILL', 'TYPE', 'PUBSUB');

    expect((await bench.ended(id)).status).toBe('cancelled');
  });

  it('its worker hears of it only when it has put the task back ends it at once', async () => {
    const { bench, task, begun, mark, open, starts } = await setup();
    await using _ = bench;
    const worker = await bench.startWorker({ id: 'w1' });
    const id = await bench.schedule(task, { isDeaf: true, ends: 'err' });
    await begun(1);
    await mark(id);
    open();
    await bench.reaches(id, 'retrying');
    const { facts } = (await bench.inspector.why(id))._unsafeUnwrap();
    const call = { taskName: task.queueName, taskId: id, workerId: worker.getStats().id };
    await bench.redis.publish(toCancelChannel(bench.appConfig.queuePrefix), JSON.stringify(call));

    expect(await bench.ended(id)).toMatchObject({ status: 'cancelled', attempt: 1, cancelReason: 'unheard' });
    expect(facts.map(({ reason }) => reason)).toEqual(['cancel-requested', 'backing-off']);
    expect(starts).toEqual([id]);
    expect(bench.messages(id)).toEqual([
      'Task failed an attempt and will be retried',
      'Task cancelled before its next run',
    ]);
  });

  it.each(['no JSON', '{}', '7', '{"taskName":"reports:build","taskId":"wait","workerId":"w1"}'])(
    'somebody says %p on the channel harms nobody',
    async (text) => {
      const { bench, task, begun, cancel } = await setup();
      await using _ = bench;
      await bench.startWorker({ id: 'w1' });
      await bench.redis.publish(toCancelChannel(bench.appConfig.queuePrefix), text);
      const id = await bench.schedule(task, {});
      await begun(1);
      await cancel(id);

      expect((await bench.ended(id)).status).toBe('cancelled');
    },
  );

  it('nobody hears of it before the task is put back ends it before its next run', async () => {
    const { bench, task, begun, mark, open, starts } = await setup();
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, { isDeaf: true, ends: 'err' }, { backoffMs: 50 });
    await begun(1);
    await mark(id);
    open();

    expect(await bench.ended(id)).toMatchObject({ status: 'cancelled', attempt: 1 });
    expect(starts).toEqual([id]);
  });

  it('the handler has just ended is too late, and the record says so', async () => {
    const { bench, task, begun, mark, open } = await setup();
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, { isDeaf: true });
    await begun(1);
    await mark(id); // unheard, as a call that is on its way
    open();

    expect(await bench.ended(id)).toMatchObject({
      status: 'completed',
      value: 'built',
      cancelRequestedAt: expect.any(Date),
    });
  });
});
