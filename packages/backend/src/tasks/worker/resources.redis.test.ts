import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { ok } from 'neverthrow';
import { inject, injectable, container as rootContainer } from 'tsyringe';
import { z } from 'zod';
import { ResourceToken } from '../domain/ResourceToken';
import { defineTask } from '../domain/TaskDefinition';
import { defineResource, type ResourceSpecification } from '../resources/ResourceDefinition';
import { createTaskBench } from './__fixtures__/TaskBench';
import { startTaskWorkers } from './startTaskWorkers';
import { createTaskWorker } from './TaskWorker';
import { type TaskWorkerOptions } from './TaskWorkerOptions';
import { WorkerOptionsError } from './WorkerPlan';

interface Pool {
  isOpen: boolean;
}

const poolToken = ResourceToken<Pool>('database pool');

const never = (): Promise<never> => new Promise(() => undefined);

/** Tasks that use a pool, the pool, and what becomes of both. */
const setup = async ({ start, stop, stopTimeoutMs = 5000 }: Partial<ResourceSpecification<Pool>> = {}) => {
  const events: string[] = [];
  const gate = Promise.withResolvers<void>();
  const queryTask = defineTask({
    queueName: 'test:query',
    schema: z.object({ waits: z.boolean().default(false) }),
    handler: async ({ waits }, { resolve }) => {
      const pool = resolve(poolToken);
      events.push('query');
      if (waits) await gate.promise;
      events.push('answer');
      return ok(pool.isOpen);
    },
    options: { resources: [poolToken], maxAttempts: 1 },
  });
  const undeclaredTask = defineTask({
    queueName: 'test:undeclared',
    schema: z.object({}),
    handler: async (_payload, { resolve }) => ok(resolve(poolToken).isOpen),
  });
  const poolResource = defineResource({
    token: poolToken,
    start: async (context) => {
      events.push('start');
      return start === undefined ? { isOpen: true } : start(context);
    },
    stop: async (pool) => {
      events.push('stop');
      await stop?.(pool);
      pool.isOpen = false;
    },
    stopTimeoutMs,
  });
  const tasks = [queryTask, undeclaredTask];
  const bench = await createTaskBench({ tasks });
  const { logger, appConfig } = bench;
  const options: TaskWorkerOptions = { tasks, logger, appConfig, resources: [poolResource] };
  return {
    bench,
    events,
    gate,
    queryTask,
    undeclaredTask,
    options,
    [Symbol.asyncDispose]: bench[Symbol.asyncDispose],
  };
};

describe('a worker with resources', () => {
  it('opens them before the first task, and closes them after the last has ended', async () => {
    await using test = await setup();
    const { bench, events, gate, queryTask, options } = test;
    const id = await bench.schedule(queryTask, { waits: true });
    const worker = await bench.startWorker(options);
    expect(events[0]).toBe('start');
    await until(async () => events.includes('query'));
    const stopping = worker.stop();
    gate.resolve();
    await stopping;

    expect(events).toEqual(['start', 'query', 'answer', 'stop']);
    expect(await bench.record(id)).toMatchObject({ status: 'completed', value: true });
  });

  it('lets a task resolve what it does not declare', async () => {
    await using test = await setup();
    const { bench, undeclaredTask, options } = test;
    await bench.startWorker(options);

    expect(await bench.ended(await bench.schedule(undeclaredTask, {}))).toMatchObject({ value: true });
  });

  it('opens with taskNames only what these tasks declare; a task that asks for more is a dead letter', async () => {
    await using test = await setup();
    const { bench, events, undeclaredTask, options } = test;
    await bench.startWorker({ ...options, taskNames: ['test:undeclared'] });
    const { status, error } = await bench.ended(await bench.schedule(undeclaredTask, {}));

    expect(events).toEqual([]);
    expect({ status, error }).toMatchObject({
      status: 'failed',
      error: {
        reason: 'fatal',
        message:
          'the resource "database pool" is not started: no task that this worker takes names it in options.resources',
      },
    });
  });

  it('is refused without what its tasks declare, before it takes one', async () => {
    await using test = await setup();
    const { options } = test;

    expect(() => createTaskWorker({ ...options, resources: [] })).toThrow(WorkerOptionsError);
    expect(() => createTaskWorker({ ...options, resources: [] })).toThrow(
      'the task test:query needs the resource "database pool", which is not in resources. None is known.',
    );
    expect(() =>
      createTaskWorker({ ...options, resources: [], taskNames: ['test:undeclared'] }),
    ).not.toThrow();
  });

  it('does not start when one of them fails, says which and why, and can be started again', async () => {
    let startCount = 0;
    await using test = await setup({
      start: () => {
        startCount += 1;
        if (startCount === 1) throw new Error('no route to host');
        return { isOpen: true };
      },
    });
    const { bench, queryTask, options } = test;
    const worker = createTaskWorker(options);
    const id = await bench.schedule(queryTask, {});
    const failed = (await worker.start())._unsafeUnwrapErr();

    expect(failed).toMatchObject({
      code: 'resource-failed',
      message: 'the resource "database pool" did not start: no route to host',
      cause: { message: 'no route to host' },
    });
    expect(worker.getStats().status).toBe('created');
    expect((await bench.record(id)).status).toBe('pending');
    expect((await worker.start()).isOk()).toBe(true);
    expect(await bench.ended(id)).toMatchObject({ value: true });
    await worker.stop();
  });

  it('stops while one of them still starts', async () => {
    await using test = await setup({ start: never, stopTimeoutMs: 1 });
    const { events, options } = test;
    const worker = createTaskWorker(options);
    const starting = worker.start();
    await until(async () => events.length > 0);
    await worker.stop();

    expect((await starting)._unsafeUnwrapErr().code).toBe('stopped');
    expect(worker.getStats().status).toBe('stopped');
  });

  it('keeps the promise of its stop when a handler and a resource hang', async () => {
    await using test = await setup({ stop: never });
    const { bench, events, queryTask, options } = test;
    await bench.schedule(queryTask, { waits: true });
    const worker = await bench.startWorker({ ...options, drainTimeoutMs: 100 });
    await until(async () => events.includes('query'));
    const startedAtMs = performance.now();
    await worker.stop();

    expect(performance.now() - startedAtMs).toBeLessThan(2100);
    expect(events).toEqual(['start', 'query', 'stop']);
    expect(bench.logger.warn).toHaveBeenCalledWith('A resource did not stop in time; it is left behind', {
      resource: 'database pool',
      limitMs: expect.any(Number),
    });
  });

  it('shares them with the other workers of its process', async () => {
    await using test = await setup();
    const { bench, events, queryTask, options } = test;
    const { workers, stop } = (await startTaskWorkers(3, options))._unsafeUnwrap();
    expect(events).toEqual(['start']);
    await workers[0]?.stop();
    expect(await bench.ended(await bench.schedule(queryTask, {}))).toMatchObject({ value: true });
    expect(events).toEqual(['start', 'query', 'answer']);
    await stop();

    expect(events).toEqual(['start', 'query', 'answer', 'stop']);
  });

  it('answers one error for several workers, and leaves nothing open', async () => {
    await using test = await setup();
    const { events, options } = test;
    const cache = defineResource({
      token: 'cache',
      needs: [poolToken],
      start: () => Promise.reject(new Error('no route to host')),
    });
    const resources = [...(options.resources ?? []), cache];
    const started = await startTaskWorkers(2, { ...options, resources });

    expect(started._unsafeUnwrapErr()).toMatchObject({
      code: 'resource-failed',
      message: 'the resource "cache" did not start: no route to host',
    });
    expect(events.filter((event) => event === 'start')).toHaveLength(
      events.filter((event) => event === 'stop').length,
    );
  });
});

describe('a worker with a container', () => {
  @injectable()
  class Reports {
    constructor(
      @inject(poolToken) private readonly pool: Pool,
      @inject('title') private readonly title: string,
    ) {}

    render(): string {
      return `${this.title} ${this.pool.isOpen}`;
    }
  }

  it('lets handlers resolve services, which find the resources', async () => {
    const reportTask = defineTask({
      queueName: 'test:report',
      schema: z.object({}),
      handler: async (_payload, { resolve }) => ok(resolve(Reports).render()),
      options: { resources: ['title'] },
    });
    await using test = await setup();
    await using bench = await createTaskBench({ tasks: [reportTask] });
    const container = rootContainer.createChildContainer().registerInstance('title', 'open:');
    const worker = await bench.startWorker({ resources: test.options.resources ?? [], container });

    expect(await bench.ended(await bench.schedule(reportTask, {}))).toMatchObject({ value: 'open: true' });
    await worker.stop();
  });
});
