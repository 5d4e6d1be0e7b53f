import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createTaskBench, loggedLines } from './__fixtures__/TaskBench';

/** A task that waits for its worker's turn; the first worker is held, the others answer at once. */
const setup = async () => {
  const { promise: turn, resolve: release } = Promise.withResolvers<unknown>();
  const starts: string[] = [];
  const task = defineTask({
    queueName: 'test:held',
    schema: z.object({}),
    handler: async (_payload, { workerId }) => {
      starts.push(workerId);
      if (workerId !== 'first') return ok(workerId);
      const thrown = await turn;
      if (thrown !== undefined) throw thrown;
      return ok(workerId);
    },
  });
  const bench = await createTaskBench({
    tasks: [task],
    env: { WORKER_LOCK_MS: '2000', WORKER_STALLED_INTERVAL_MS: '60' },
  });
  return { task, bench, starts, release, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
};

describe('a task that was put back after a crash', () => {
  it('is retrying, and its crash is an attempt', async () => {
    await using test = await setup();
    const { bench, starts } = test;
    await bench.startWorker({ id: 'first', concurrency: 1 });
    const id = await bench.schedule(test.task, {});
    await until(async () => starts.length === 1);
    await bench.redis.del(`${bench.appConfig.queuePrefix}:{test.held}:${id}:lock`);

    expect(await bench.reaches(id, 'retrying')).toMatchObject({ attempt: 1, crashCount: 1 });
    test.release(undefined);
  });
});

describe('a run that has lost its lock', () => {
  it.each([
    ['passes', undefined],
    ['fails', new TaskError('late')],
    ['fails for good', TaskError.fatal('late')],
    ['asks to run later', TaskError.retryLater(0)],
  ])('and then %s does not change what another worker has settled', async (_how, thrown) => {
    await using test = await setup();
    const { bench, starts } = test;
    await bench.startWorker({ id: 'first', concurrency: 1 });
    const id = await bench.schedule(test.task, {});
    await until(async () => starts.length === 1);

    // What a long pause of the process does: its lock is gone, and another worker looks for stalled tasks.
    await bench.redis.del(`${bench.appConfig.queuePrefix}:{test.held}:${id}:lock`);
    const first = bench.logger;
    await bench.startWorker({ id: 'second' });
    await until(async () => starts.length > 1 || (await bench.record(id)).status === 'completed');
    test.release(thrown);
    const settled = await bench.ended(id);
    await until(async () => first.warn.mock.calls.some(([message]) => message.includes('lost its lock')));

    expect(starts).toEqual(['first', 'second']);
    expect(settled).toMatchObject({ status: 'completed', value: 'second', attempt: 2, crashCount: 1 });
    expect(await bench.record(id)).toEqual(settled);
    expect(loggedLines(bench.logger).map(({ message }) => message)).toContain(
      'A worker died or lost its locks; the tasks that it ran were put back',
    );
  });
});

describe('a task that was put back while its only worker runs it', () => {
  it('goes on as the run that it is, with no crash counted', async () => {
    await using test = await setup();
    const { bench, starts } = test;
    await bench.startWorker({ id: 'first', concurrency: 2 });
    const id = await bench.schedule(test.task, {});
    await until(async () => starts.length === 1);
    await bench.redis.del(`${bench.appConfig.queuePrefix}:{test.held}:${id}:lock`);
    await until(async () =>
      loggedLines(bench.logger).some(({ message }) => message.includes('were put back')),
    );
    test.release(undefined);

    expect(await bench.ended(id)).toMatchObject({
      status: 'completed',
      value: 'first',
      attempt: 1,
      crashCount: 0,
    });
    expect(starts).toEqual(['first']);
  });
});
