import { describe, expect, it } from 'bun:test';
import { ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { type TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { deleteOrphan } from './deleteOrphan';

/** A queue on a real Redis; its tasks wait for the gate. */
const setup = async () => {
  const gate = Promise.withResolvers<Result<void, TaskError>>();
  const task = defineTask({
    queueName: 'test:orphan',
    schema: z.object({}),
    handler: () => gate.promise,
  });
  const bench = await createTaskBench({ tasks: [task] });
  const queue = bench.queue(task);
  return {
    bench,
    task,
    queue,
    deleteOrphan: (id: TaskId) => deleteOrphan({ client: bench.redis, queue, id }),
    [Symbol.asyncDispose]: async () => {
      gate.resolve(ok());
      await bench[Symbol.asyncDispose]();
    },
  };
};

describe('deleteOrphan', () => {
  it('deletes what is left of a job that no set holds, and nothing twice', async () => {
    await using test = await setup();
    const { bench, task, queue } = test;
    const [id, other] = [await bench.schedule(task, {}), await bench.schedule(task, {})];
    await bench.redis.rpush(queue.toKey(`${id}:logs`), 'a line');
    await bench.redis.zrem(queue.toKey('prioritized'), id);

    expect([await test.deleteOrphan(id), await test.deleteOrphan(id)]).toEqual([true, false]);
    expect((await bench.keys()).filter((key) => key.includes(id))).toEqual([]);
    expect((await bench.record(other)).status).toBe('pending');
  });

  it('leaves alone what waits, is delayed, runs or has ended', async () => {
    await using test = await setup();
    const { bench, task } = test;
    const running = await bench.schedule(task, {});
    await bench.startWorker({ concurrency: 1 });
    await bench.reaches(running, 'running');
    const waiting = await bench.schedule(task, {});
    const delayed = await bench.schedule(task, {}, { delayMs: 60_000 });
    const cancelled = await bench.schedule(task, {}, { delayMs: 60_000 });
    (await bench.inspector.cancel(cancelled))._unsafeUnwrap();

    const ids = [running, waiting, delayed, cancelled, TaskId()];
    expect(await Promise.all(ids.map(test.deleteOrphan))).toEqual(ids.map(() => false));
  });

  it('leaves a job alone that a worker has locked', async () => {
    await using test = await setup();
    const { bench, task, queue } = test;
    const id = await bench.schedule(task, {});
    await bench.redis.zrem(queue.toKey('prioritized'), id);
    await bench.redis.set(queue.toKey(`${id}:lock`), 'token');

    expect(await test.deleteOrphan(id)).toBe(false);
    expect(await bench.redis.exists(queue.toKey(id))).toBe(1);
  });
});
