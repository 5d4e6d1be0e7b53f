import { describe, expect, it } from 'bun:test';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { locateTasks } from './locateTasks';

/** A queue on a real Redis; the first task that runs waits for the gate. */
const setup = async () => {
  const gate = Promise.withResolvers<void>();
  const task = defineTask({
    queueName: 'test:locate',
    schema: z.object({ isHeld: z.boolean().optional() }),
    handler: async ({ isHeld = false }) => {
      if (isHeld) await gate.promise;
      return ok(7);
    },
  });
  const bench = await createTaskBench({ tasks: [task] });
  const queue = bench.queue(task);
  return {
    bench,
    task,
    gate,
    queue,
    locate: (ids: readonly string[]) => locateTasks({ client: bench.redis, queue, ids }),
    [Symbol.asyncDispose]: async () => {
      gate.resolve();
      await bench[Symbol.asyncDispose]();
    },
  };
};

describe('locateTasks', () => {
  it('knows what waits, is delayed or runs, and what has ended with all that is known of it', async () => {
    await using test = await setup();
    const { bench, task } = test;
    const completed = await bench.schedule(task, {}, { priority: 90 });
    const running = await bench.schedule(task, { isHeld: true });
    await bench.startWorker({ concurrency: 1 });
    await bench.reaches(running, 'running');
    const waiting = await bench.schedule(task, {});
    const delayed = await bench.schedule(task, {}, { delayMs: 60_000 });
    const cancelled = await bench.schedule(task, {}, { delayMs: 60_000 });
    await bench.inspector.cancel(cancelled, 'too late');

    const [first, ...others] = await test.locate([completed, cancelled, running, waiting, delayed, TaskId()]);

    expect(first).toMatchObject({
      kind: 'ended',
      record: { id: completed, status: 'completed', value: 7, attempt: 1 },
      workerId: expect.any(String),
    });
    expect(others).toMatchObject([
      { kind: 'ended', record: { id: cancelled, status: 'cancelled', cancelReason: 'too late', attempt: 0 } },
      { kind: 'unfinished' },
      { kind: 'unfinished' },
      { kind: 'unfinished' },
      { kind: 'absent' },
    ]);
  });

  it('does not know a task of which only the id is left, nor a text that is no id', async () => {
    await using test = await setup();
    const id = await test.bench.schedule(test.task, {});
    await test.bench.redis.del(test.queue.toKey(id));

    expect(await test.locate([id, 'wait'])).toEqual([{ kind: 'absent' }, { kind: 'absent' }]);
    expect(await test.locate([])).toEqual([]);
  });
});
