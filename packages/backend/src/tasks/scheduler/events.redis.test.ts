import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type TaskEvent } from '../domain/TaskHandle';
import { TaskId } from '../domain/TaskId';
import { createTaskBench, type TaskBench } from '../worker/__fixtures__/TaskBench';

/** A task whose handler goes on when the test says so. */
const createStoryTask = (options = {}) => {
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const gate = (name: string): PromiseWithResolvers<void> => {
    const found = gates.get(name) ?? Promise.withResolvers<void>();
    gates.set(name, found);
    return found;
  };
  const task = defineTask({
    queueName: 'test:story',
    schema: z.object({ isFailing: z.boolean() }),
    handler: async ({ isFailing }, ctx) => {
      await ctx.progress({ done: 1 });
      await ctx.log('begun');
      await gate('middle').promise;
      await ctx.progress({ done: 2 });
      await ctx.log('almost');
      return isFailing ? err(TaskError.fatal('no')) : ok();
    },
    options,
  });
  return { task, open: (name: string) => gate(name).resolve() };
};

const setup = async (options = {}) => {
  const story = createStoryTask(options);
  const bench = await createTaskBench({ tasks: [story.task] });
  const schedule = async (isFailing = false) =>
    (await bench.scheduler.schedule(CorrelationId(), story.task, { isFailing }))._unsafeUnwrap();
  return { bench, ...story, schedule, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
};

/** Collects what an iterator tells, as it tells it. */
const collect = (events: AsyncIterable<TaskEvent>): { told: TaskEvent[]; over: Promise<void> } => {
  const told: TaskEvent[] = [];
  const over = (async () => {
    for await (const event of events) told.push(event);
  })();
  return { told, over };
};

const readerCount = async ({ redis }: TaskBench): Promise<number> =>
  String(await redis.client('LIST'))
    .split('\n')
    .filter((line) => line.includes('cmd=xread')).length;

describe('events', () => {
  it('tell where a task is, what it reports, and last how it ended', async () => {
    await using test = await setup();
    const handle = await test.schedule();
    const { told, over } = collect(handle.events());
    await until(async () => told.length === 1);
    await test.bench.startWorker();
    await until(async () => told.some(({ log }) => log === 'begun'));
    const progress = await handle.progress();
    test.open('middle');
    await over;

    expect(told[0]).toEqual({ status: 'pending' });
    expect(progress._unsafeUnwrap()).toEqual({ done: 1 });
    expect(told.filter((event) => event.progress !== undefined).map((event) => event.progress)).toEqual([
      { done: 1 },
      { done: 2 },
    ]);
    expect(told.flatMap(({ log }) => log ?? [])).toEqual(['begun', 'almost']);
    expect(told.at(-1)?.status).toBe('completed');
    expect(told.filter(({ status }) => status === 'completed').length).toBe(1);
  });

  it('tell who comes late what was reported before, and who comes too late the end', async () => {
    await using test = await setup();
    await test.bench.startWorker();
    const { id } = await test.schedule(true);
    const found = test.bench.scheduler.handle(test.task, id);
    await until(async () => (await test.bench.inspector.getLogs(id))._unsafeUnwrap().length === 1);
    const late = collect(found.events());
    await until(async () => late.told.length === 2);
    test.open('middle');
    await late.over;
    const tooLate = collect(found.events());
    await tooLate.over;

    expect(late.told.slice(0, 2)).toEqual([
      { status: 'running', progress: { done: 1 } },
      { status: 'running', log: 'begun' },
    ]);
    expect(tooLate.told).toEqual([
      { status: 'failed', log: 'begun' },
      { status: 'failed', log: 'almost' },
      {
        status: 'failed',
        progress: { done: 2 },
        error: expect.objectContaining({
          code: 'failed',
          failure: expect.objectContaining({ message: 'no' }),
        }),
      },
    ]);
  });

  it('tell a consumer that is slow the newest, and miss no line that is kept', async () => {
    await using test = await setup();
    const handle = await test.schedule();
    const iterator = handle.events()[Symbol.asyncIterator]();
    const first = await iterator.next();
    await test.bench.startWorker();
    test.open('middle');
    await test.bench.ended(handle.id);
    const rest = await Array.fromAsync({ [Symbol.asyncIterator]: () => iterator });

    expect(first.value).toEqual({ status: 'pending' });
    expect(rest.flatMap(({ log }) => log ?? [])).toEqual(['begun', 'almost']);
    expect(rest.at(-1)).toEqual({ status: 'completed', progress: { done: 2 } });
  });

  it('tell the last progress of a task that is deleted with its end', async () => {
    await using test = await setup({ retention: { completed: { count: 0 } } });
    const handle = await test.schedule();
    const { told, over } = collect(handle.events());
    await until(async () => (await readerCount(test.bench)) === 1);
    await test.bench.startWorker();
    await until(async () => told.some(({ progress }) => progress !== undefined));
    test.open('middle');
    await over;

    expect(told.flatMap(({ progress }) => progress ?? [])).toEqual([{ done: 1 }, { done: 2 }]);
    expect(told.at(-1)?.status).toBe('completed');
  });

  it('say last that the time is over', async () => {
    await using test = await setup();
    const startedAtMs = performance.now();
    const { told, over } = collect((await test.schedule()).events({ timeoutMs: 50 }));
    await over;
    const waitedMs = performance.now() - startedAtMs;

    expect(told).toEqual([
      { status: 'pending' },
      { status: 'pending', error: expect.objectContaining({ code: 'timed-out' }) },
    ]);
    expect(waitedMs).toBeWithin(40, 2000);
  });

  it('say why nothing can be told', async () => {
    await using test = await setup();
    const { scheduler } = test.bench;
    const codes = async (events: AsyncIterable<TaskEvent>) => {
      const { told, over } = collect(events);
      await over;
      return told.map(({ status, error }) => [status, error?.code]);
    };

    expect(await codes(scheduler.handle(test.task, TaskId()).events())).toEqual([[undefined, 'removed']]);
    expect(await codes(scheduler.handle(test.task, 'x').events())).toEqual([[undefined, 'invalid-options']]);
    expect(await codes((await test.schedule()).events({ timeoutMs: -1 }))).toEqual([
      [undefined, 'invalid-options'],
    ]);
  });

  it('end when the consumer leaves, also one that waits for the next event', async () => {
    await using test = await setup();
    const handle = await test.schedule();
    for await (const { status } of handle.events()) {
      expect(status).toBe('pending');
      break;
    }
    const iterator = handle.events()[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    await iterator.return?.();

    expect(await next).toEqual({ value: undefined, done: true });
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
    await until(async () => (await readerCount(test.bench)) === 0);
  });

  it('are told one after the other to who asks for several at once', async () => {
    await using test = await setup();
    const handle = await test.schedule();
    const iterator = handle.events()[Symbol.asyncIterator]();
    const first = await iterator.next();
    const asked = [iterator.next(), iterator.next(), iterator.next()];
    await iterator.return?.();

    expect(first.value).toEqual({ status: 'pending' });
    expect(await Promise.all(asked)).toEqual([1, 2, 3].map(() => ({ value: undefined, done: true })));
  });

  it('cost nothing more when the time is over, though nobody asks for them', async () => {
    await using test = await setup();
    const iterator = (await test.schedule()).events({ timeoutMs: 100 })[Symbol.asyncIterator]();
    await iterator.next();
    await until(async () => (await readerCount(test.bench)) === 1);
    await until(async () => (await readerCount(test.bench)) === 0, 4000);
    const last = await iterator.next();

    expect(last.value).toMatchObject({ status: 'pending' });
  });
});
