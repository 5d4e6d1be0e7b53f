import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type TaskOptions } from '../domain/TaskOptions';
import { createTaskBench } from './__fixtures__/TaskBench';

/** A task of so many milliseconds on three workers; counts how many of it run at once. */
const setup = async (options: TaskOptions, { ms = 30, workerCount = 3 } = {}) => {
  const starts: number[] = [];
  const state = { running: 0, most: 0 };
  const task = defineTask({
    queueName: 'test:limited',
    schema: z.object({}),
    handler: async () => {
      starts.push(performance.now());
      state.running += 1;
      state.most = Math.max(state.most, state.running);
      await Bun.sleep(ms); // the very thing that is counted: handlers that run at the same time
      state.running -= 1;
      return ok();
    },
    options,
  });
  const bench = await createTaskBench({ tasks: [task] });
  const startWorkers = () => Promise.all(Array.from({ length: workerCount }, () => bench.startWorker()));
  const runAll = async (count: number) => {
    const ids = await Promise.all(Array.from({ length: count }, () => bench.schedule(task, {})));
    await startWorkers();
    await Promise.all(ids.map((id) => bench.ended(id)));
  };
  return {
    task,
    bench,
    starts,
    state,
    startWorkers,
    runAll,
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
};

describe('maxConcurrency', () => {
  it('holds over all workers, and is used to the full', async () => {
    await using test = await setup({ maxConcurrency: 2 });
    await test.runAll(20);

    expect(test.state.most).toBe(2);
  });

  it('is used to the full beside tasks of another name, and by tasks that ask to run later', async () => {
    const starts: number[] = [];
    const limitedTask = defineTask({
      queueName: 'test:limited',
      schema: z.object({}),
      handler: async (_payload, { attempt }) => {
        starts.push(performance.now());
        await Bun.sleep(30); // work, while the queue has as many running as it may
        return starts.length <= 5 && attempt === 1 ? err(TaskError.retryLater(1)) : ok();
      },
      options: { maxConcurrency: 1, priority: 'critical' },
    });
    const otherTask = defineTask({
      queueName: 'test:other',
      schema: z.object({}),
      handler: async () => {
        await Bun.sleep(10); // work
        return ok();
      },
      options: { priority: 'low' },
    });
    await using bench = await createTaskBench({ tasks: [limitedTask, otherTask] });
    const ids = await Promise.all(Array.from({ length: 10 }, () => bench.schedule(limitedTask, {})));
    await Promise.all(Array.from({ length: 50 }, () => bench.schedule(otherTask, {})));
    await bench.startWorker({ concurrency: 2 });
    await Promise.all(ids.map((id) => bench.ended(id)));

    const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(1000); // a worker that is not woken looks after 2 s
  });

  it('is gone when the definition names it no more', async () => {
    await using test = await setup({});
    await test.bench.queue(test.task).setGlobalConcurrency(1);
    await test.runAll(12);

    expect(test.state.most).toBeGreaterThan(1);
  });
});

describe('rateLimit', () => {
  it('lets so many attempts begin within its time, over all workers', async () => {
    await using test = await setup({ rateLimit: { max: 3, durationMs: 400 } }, { ms: 0 });
    await test.runAll(9);

    const [first = 0] = test.starts;
    const sinceFirst = test.starts.map((at) => at - first);
    expect(sinceFirst.filter((ms) => ms < 300).length).toBe(3);
    expect(sinceFirst.filter((ms) => ms < 700).length).toBeLessThanOrEqual(6);
    expect(sinceFirst.length).toBe(9);
  });
});
