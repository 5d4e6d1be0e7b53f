import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskBench, type TaskBench } from './__fixtures__/TaskBench';
import { startTaskWorkers } from './startTaskWorkers';
import { type TaskWorkerOptions } from './TaskWorkerOptions';
import { WorkerOptionsError } from './WorkerPlan';

const taskNamed = (queueName: string) =>
  defineTask({ queueName, schema: z.object({}), handler: async (_payload, { workerId }) => ok(workerId) });

const one = taskNamed('test:one');
const two = taskNamed('test:two');

const setup = () => createTaskBench({ tasks: [one, two] });

const partsOf = ({ logger, appConfig }: TaskBench) => ({ logger, appConfig });

describe('startTaskWorkers', () => {
  it('starts as many workers as asked for, which take tasks together, and stops them together', async () => {
    await using bench = await setup();
    const started = await startTaskWorkers(3, {
      ...partsOf(bench),
      tasks: [one, two],
      id: 'host',
      concurrency: 1,
    });
    const { workers, stop } = started._unsafeUnwrap();
    const statuses = () => workers.map((worker) => worker.getStats()).map(({ id, status }) => [id, status]);

    expect(statuses()).toEqual([
      ['host-1', 'running'],
      ['host-2', 'running'],
      ['host-3', 'running'],
    ]);
    await workers[0]?.pause();
    await workers[2]?.pause();
    const { value } = await bench.ended(await bench.schedule(one, {}));
    expect(value).toBe('host-2');
    await stop();
    expect(statuses().map(([, status]) => status)).toEqual(['stopped', 'stopped', 'stopped']);
  });

  it('makes up one id for all when it is given none', async () => {
    await using bench = await setup();
    const { workers, stop } = (
      await startTaskWorkers(2, { ...partsOf(bench), tasks: [one] })
    )._unsafeUnwrap();
    const [first = '', second = ''] = workers.map((worker) => worker.getStats().id);
    await stop();

    expect(first).toEndWith('-1');
    expect(second).toBe(first.replace(/1$/, '2'));
  });

  it('answers the error of a worker that does not start, and leaves none running', async () => {
    await using bench = await setup();
    let readCount = 0;
    const appConfig = {
      ...bench.appConfig,
      // The test server keeps no append-only file: the worker that reads this first refuses it.
      get redisStrict() {
        readCount += 1;
        return readCount === 1;
      },
    };
    const started = await startTaskWorkers(3, { ...partsOf(bench), appConfig, tasks: [one] });
    const id = await bench.schedule(one, {});

    expect(started._unsafeUnwrapErr().code).toBe('redis-unsafe');
    const connections = String(await bench.redis.client('LIST'));
    expect(connections).not.toContain(`name=${appConfig.queuePrefix}:`);
    expect((await bench.record(id)).status).toBe('pending');
  });

  const refused: [count: number, options: Partial<TaskWorkerOptions>, problem: string][] = [
    [0, {}, 'expected count to be an integer from 1 to 100, got 0'],
    [101, {}, 'expected count to be an integer from 1 to 100, got 101'],
    [1.5, {}, 'expected count to be an integer from 1 to 100, got 1.5'],
    [2, { concurrency: 0 }, 'expected concurrency to be an integer from 1 to 10000, got 0'],
    [10, { id: 'x'.repeat(126) }, 'expected id to be 1 to 128 characters'],
  ];

  it.each(refused)('rejects %p workers with %j', async (count, options, problem) => {
    await using bench = await setup();
    const starting = startTaskWorkers(count, { ...partsOf(bench), tasks: [one], ...options });

    await expect(starting).rejects.toThrow(WorkerOptionsError);
    await expect(starting).rejects.toThrow(problem);
  });
});

describe('a worker with taskNames', () => {
  it('takes only the tasks of these names', async () => {
    await using bench = await setup();
    await bench.startWorker({ taskNames: ['test:two'] });
    const left = await bench.schedule(one, {});
    await bench.ended(await bench.schedule(two, {}));

    expect((await bench.record(left)).status).toBe('pending');
    await bench.startWorker({ taskNames: ['test:one'], id: 'other' });
    expect(await bench.ended(left)).toMatchObject({ value: 'other' });
  });
});

describe('getStats', () => {
  it('counts what runs, what has ended and what failed for good', async () => {
    const running = Promise.withResolvers<void>();
    const slow = defineTask({
      queueName: 'test:slow',
      schema: z.object({ fails: z.boolean() }),
      handler: async ({ fails }) => {
        if (fails) throw new Error('no');
        await running.promise;
        return ok();
      },
      options: { maxAttempts: 2 },
    });
    await using bench = await createTaskBench({ tasks: [slow] });
    const worker = await bench.startWorker({ id: 'counting' });
    await bench.ended(await bench.schedule(slow, { fails: true }));
    const id = await bench.schedule(slow, { fails: false });
    await bench.reaches(id, 'running');
    await until(async () => worker.getStats().activeTasks === 1);

    expect(worker.getStats()).toMatchObject({
      id: 'counting',
      status: 'running',
      activeTasks: 1,
      processedCount: 2,
      failedCount: 1,
    });
    running.resolve();
    await bench.ended(id);
    await until(async () => worker.getStats().activeTasks === 0);
    expect(worker.getStats()).toMatchObject({ processedCount: 3, failedCount: 1 });
    expect(worker.getStats().uptimeMs).toBeGreaterThan(0);
  });
});
