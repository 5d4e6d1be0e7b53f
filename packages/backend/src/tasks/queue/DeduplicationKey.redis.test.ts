import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskId } from '../domain/TaskId';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { type Debounced, toDeduplicationOptions } from './DeduplicationKey';
import { addJob, createTaskQueues } from './TaskQueues';

const debounce: Debounced = { kind: 'debounce', key: 'all', windowMs: 1, maxWaitMs: undefined };

/** Calls with one debounce key, which are put on the queue when the test says so. */
const setup = async () => {
  const runs: number[] = [];
  const gate = Promise.withResolvers<void>();
  const task = defineTask({
    queueName: 'test:debounced',
    schema: z.object({ n: z.number(), isHeld: z.boolean() }),
    handler: async ({ n, isHeld }) => {
      runs.push(n);
      if (isHeld) await gate.promise;
      return ok();
    },
  });
  const bench = await createTaskBench({ tasks: [task] });
  const { queuePrefix: prefix } = bench.appConfig;
  const queues = createTaskQueues({ client: bench.redis, prefix, logger: silentLogger });
  const call = (n: number, { isHeld = false } = {}) => {
    const id = TaskId();
    const deduplication = toDeduplicationOptions(debounce);
    const options = { jobId: id, timestamp: Date.now(), delay: 1, deduplication };
    const job = { id, name: task.queueName, data: { n, isHeld }, options, debounce };
    return { id, put: ({ isLate = false } = {}) => addJob(queues, { ...job, isLate }) };
  };
  return { bench, runs, gate, call, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
};

describe('replaceDebounced', () => {
  it.each([true, false])(
    'knows the task that a call was given to, also when that runs or has ended (put late: %p)',
    async (isLate) => {
      await using test = await setup();
      const [first, second] = [test.call(1), test.call(2, { isHeld: true })];
      await first.put();
      expect(await second.put()).toBe(first.id);
      await test.bench.startWorker();
      await test.bench.reaches(first.id, 'running');
      expect(await second.put({ isLate })).toBe(first.id);
      test.gate.resolve();
      await test.bench.ended(first.id);
      expect(await second.put({ isLate })).toBe(first.id);

      expect(test.runs).toEqual([2]);
    },
  );

  it('has a call run that comes late, when the task of a later call has run: it was given to no other', async () => {
    await using test = await setup();
    const [late, first, second] = [test.call(1), test.call(2), test.call(3)];
    await first.put();
    await second.put();
    await test.bench.startWorker();
    await test.bench.ended(first.id);

    expect(await late.put({ isLate: true })).toBe(late.id);
    await test.bench.ended(late.id);
    expect(test.runs).toEqual([3, 1]);
  });

  it('remembers calls for a day, and of many the newest', async () => {
    await using test = await setup();
    for (let n = 0; n < 150; n += 1) await test.call(n).put();
    const [key = ''] = (await test.bench.keys()).filter((name) => name.includes(':replaced:'));

    expect(await test.bench.redis.llen(key)).toBe(100);
    expect(await test.bench.redis.pttl(key)).toBeWithin(86_000_000, 86_400_001);
  });
});
