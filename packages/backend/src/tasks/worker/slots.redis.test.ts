import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { validate } from '@core/validation/validate';
import fc from 'fast-check';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskOptions } from '../domain/TaskOptions';
import { createTaskBench } from './__fixtures__/TaskBench';

interface Work {
  readonly label: string;
  readonly ms?: number | undefined;
}

/** Several kinds of tasks, each with its options; `runs` are the labels in the order in which they began. */
const setup = async (options: Readonly<Record<string, TaskOptions>>, env: Record<string, string> = {}) => {
  const runs: string[] = [];
  const state = { running: 0, most: 0 };
  const kinds = Object.fromEntries(
    Object.entries(options).map(([name, kindOptions]): [string, TaskDefinition<Work>] => [
      name,
      defineTask<Work, unknown>({
        queueName: `test:${name}`,
        validator: (data) => validate(z.object({ label: z.string(), ms: z.number().optional() }), data),
        handler: async ({ label, ms = 0 }) => {
          runs.push(label);
          state.running += 1;
          state.most = Math.max(state.most, state.running);
          if (ms > 0) await Bun.sleep(ms); // work, which takes its slot for so long
          state.running -= 1;
          return ok();
        },
        options: kindOptions,
      }),
    ]),
  );
  const bench = await createTaskBench({ tasks: Object.values(kinds), env });
  const kind = (name: string): TaskDefinition<Work> => {
    const found = kinds[name];
    if (found === undefined) throw new Error(`no kind ${name}`);
    return found;
  };
  return {
    ...{ bench, runs, state },
    add: (name: string, label: string, more: { ms?: number; priority?: number; delayMs?: number } = {}) => {
      const { ms, ...call } = more;
      return bench.schedule(kind(name), { label, ms }, call);
    },
    hasRun: (count: number) => until(async () => runs.length === count && state.running === 0),
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
};

const numbered = (label: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${label}${index}`);

describe('the slots of a worker', () => {
  it('go to the highest priority first, across task names, and to the oldest inside a level', async () => {
    await using test = await setup({ low: { priority: 'low' }, high: { priority: 'high' }, other: {} });
    for (let index = 0; index < 5; index += 1) {
      await test.add('low', `low${index}`);
      await test.add('other', `normal${2 * index}`);
      await test.add('high', `high${index}`);
      await test.add('low', `normal${2 * index + 1}`, { priority: 50 });
    }
    await test.bench.startWorker({ concurrency: 1 });
    await test.hasRun(20);

    expect(test.runs).toEqual([...numbered('high', 5), ...numbered('normal', 10), ...numbered('low', 5)]);
  });

  it('are never more than its concurrency, over all names, and all of them are used', async () => {
    await using test = await setup({ a: {}, b: {}, c: {} });
    await Promise.all(
      numbered('t', 30).map((label, index) => test.add('abc'.charAt(index % 3), label, { ms: 20 })),
    );
    await test.bench.startWorker({ concurrency: 4 });
    await test.hasRun(30);

    expect(test.state.most).toBe(4);
  });

  it('are taken by a task of higher priority as soon as one is free', async () => {
    await using test = await setup({ low: { priority: 'low' }, high: { priority: 'high' } });
    await test.bench.startWorker({ concurrency: 1 });
    for (const label of numbered('low', 5)) await test.add('low', label, { ms: 60 });
    await until(async () => test.runs.length === 1);
    await test.add('high', 'high');
    await test.hasRun(6);

    expect(test.runs.slice(0, 3)).toEqual(['low0', 'high', 'low1']);
  });

  it('are not held up by tasks of a name that has as many running as it may', async () => {
    await using test = await setup({
      limited: { priority: 'critical', maxConcurrency: 1 },
      low: { priority: 'low' },
    });
    for (const label of numbered('limited', 3)) await test.add('limited', label, { ms: 150 });
    for (const label of numbered('low', 6)) await test.add('low', label, { ms: 20 });
    await test.bench.startWorker({ concurrency: 2 });
    await test.hasRun(9);

    expect(test.runs.indexOf('low5')).toBeLessThan(test.runs.indexOf('limited2'));
  });

  it('go to a delayed task that is due, by its priority', async () => {
    await using test = await setup({ low: { priority: 'low' }, high: { priority: 'high' } });
    await test.add('low', 'first', { ms: 300 });
    await test.add('high', 'delayed', { delayMs: 100 });
    await test.add('low', 'second');
    await test.bench.startWorker({ concurrency: 1 });
    await test.hasRun(3);

    expect(test.runs).toEqual(['first', 'delayed', 'second']);
  });

  it('reach a low priority at last when waiting counts', async () => {
    await using test = await setup({ low: { priority: 0 }, high: { priority: 100 } });
    await test.add('low', 'low');
    await Bun.sleep(150); // it grows old: 150 steps at one a millisecond
    for (const label of numbered('high', 5)) await test.add('high', label);
    await test.bench.startWorker({ concurrency: 1, priorityAgingMs: 1 });
    await test.hasRun(6);

    expect(test.runs[0]).toBe('low');
  });

  it('leave a task to another worker that has one free', async () => {
    await using test = await setup({ busy: {}, quick: {} });
    await test.add('busy', 'busy', { ms: 3000 });
    await test.bench.startWorker({ concurrency: 1 });
    await until(async () => test.runs.length === 1);
    await test.bench.startWorker({ concurrency: 1 });
    const startedAtMs = performance.now();
    await test.add('quick', 'quick');
    await until(async () => test.runs.length === 2);

    expect(performance.now() - startedAtMs).toBeLessThan(1000);
  });

  it('are not lost to a job of another program that BullMQ takes and does not begin', async () => {
    await using test = await setup({ odd: { priority: 'critical' }, plain: {} });
    const id = await test.add('odd', 'odd');
    // A job of a repeated series whose definition is gone.
    await test.bench.redis.hset(
      `${test.bench.appConfig.queuePrefix}:{test.odd}:${id}`,
      'rjk',
      'gone',
      'opts',
      '{}',
    );
    await test.bench.startWorker({ concurrency: 1 });
    await test.add('plain', 'plain');

    await until(async () => test.runs.includes('plain'));
    expect(test.runs).toEqual(['plain']);
  });

  it('are given out again after a pause', async () => {
    await using test = await setup({ a: {}, b: {} });
    const worker = await test.bench.startWorker({ concurrency: 1 });
    await worker.pause();
    await Promise.all([test.add('a', 'a'), test.add('b', 'b')]);
    await worker.resume();
    await test.hasRun(2);

    expect(test.runs.toSorted()).toEqual(['a', 'b']);
  });

  it('are never lost, whatever names, lengths and numbers of tasks there are', async () => {
    const task = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      ms: fc.constantFrom(0, 0, 1, 5),
      priority: fc.integer({ min: 0, max: 100 }),
      delayMs: fc.constantFrom(0, 0, 0, 10),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(task, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (tasks, concurrency) => {
          await using test = await setup({ a: {}, b: { maxConcurrency: 2 }, c: {} });
          const half = Math.floor(tasks.length / 2);
          const addAll = (some: typeof tasks) =>
            Promise.all(some.map(({ name, ...more }, index) => test.add(name, `${index}`, more)));
          await addAll(tasks.slice(0, half));
          await test.bench.startWorker({ concurrency });
          await addAll(tasks.slice(half));
          await test.hasRun(tasks.length);
          expect(test.state.most).toBeLessThanOrEqual(concurrency);
        },
      ),
      { numRuns: 12 },
    );
  }, 120_000);
});
