import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { Redis } from 'ioredis';
import { err, ok } from 'neverthrow';
import { v4 } from 'uuid';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { toCancelChannel } from '../queue/CancelChannel';
import { cancelledLike, createCancelBench } from './__fixtures__/CancelBench';
import { createTaskBench, loggedLines, testRedisUrl } from './__fixtures__/TaskBench';

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
    const { bench, task, open, begun, setsOf } = await createCancelBench();
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
    const { bench, task, begun, open, cancel } = await createCancelBench();
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
    const { bench, task, begun, cancel } = await createCancelBench({
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
    const { bench, task, begun, mark, reasons } = await createCancelBench({
      WORKER_STALLED_INTERVAL_MS: '60',
    });
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await begun(1);
    await mark(id);

    expect((await bench.ended(id)).status).toBe('cancelled');
    expect(reasons).toEqual([expect.objectContaining(cancelledLike('unheard'))]);
  });

  it('the connection is broken is heard of when it is back', async () => {
    const { bench, task, begun, mark } = await createCancelBench({ WORKER_STALLED_INTERVAL_MS: '60000' });
    await using _ = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await begun(1);
    await mark(id);
    await bench.redis.client('KILL', 'TYPE', 'PUBSUB');

    expect((await bench.ended(id)).status).toBe('cancelled');
  });

  it('the worker has lost its lock, and still runs it, stops that run too', async () => {
    const { bench, queue, task, begun, cancel, told } = await createCancelBench({
      WORKER_STALLED_INTERVAL_MS: '60000', // only the call can be heard of in time
    });
    await using _ = bench;
    const worker = await bench.startWorker({ concurrency: 1 });
    const id = await bench.schedule(task, {});
    await begun(1);
    // What the check for stalled tasks does.
    await bench.redis
      .multi()
      .del(`${queue.toKey(id)}:lock`)
      .lrem(queue.toKey('active'), 1, id)
      .rpush(queue.toKey('wait'), id)
      .hincrby(queue.toKey(id), 'stc', 1)
      .exec();
    const cancelled = await cancel(id, 'no longer wanted');
    await until(async () => worker.getStats().activeTasks === 0);

    expect(cancelled).toMatchObject({ status: 'cancelled', crashCount: 1 });
    expect(told).toEqual([id]);
    expect(await bench.record(id)).toEqual(cancelled);
  });

  it('its worker hears of it only when it has put the task back ends it at once', async () => {
    const { bench, task, begun, mark, open, starts } = await createCancelBench();
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
      const { bench, task, begun, cancel } = await createCancelBench();
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
    const { bench, task, begun, mark, open, starts } = await createCancelBench();
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
    const { bench, task, begun, mark, open } = await createCancelBench();
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
