import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { TaskId } from '../domain/TaskId';
import { type TaskOptions } from '../domain/TaskOptions';
import { createTaskBench, loggedLines } from '../worker/__fixtures__/TaskBench';

interface Order {
  readonly id: number;
  readonly text?: string | undefined;
}

/** A task on a real Redis; `runs` are the texts it was run with. */
const setup = async (options: TaskOptions<Order> = {}, { isFailing = false } = {}) => {
  const runs: (string | undefined)[] = [];
  const gate = Promise.withResolvers<void>();
  const state = { isHeld: false };
  const task: TaskDefinition<Order> = defineTask({
    queueName: 'test:deduplicated',
    schema: z.object({ id: z.number(), text: z.string().optional() }),
    handler: async ({ text }) => {
      runs.push(text);
      if (state.isHeld) await gate.promise;
      return isFailing ? err(new TaskError('no')) : ok();
    },
    options,
  });
  const bench = await createTaskBench({ tasks: [task] });
  const call = async (order: Order, callOptions: ScheduleOptions = {}) => {
    const { id, disposition } = (
      await bench.scheduler.schedule(CorrelationId(), task, order, callOptions)
    )._unsafeUnwrap();
    return { id, disposition };
  };
  return { task, bench, call, runs, gate, state, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
};

const byId = ({ id }: Order): string => `order-${id}`;

describe('an idempotency key', () => {
  it('makes one task of equal calls, and two of different ones', async () => {
    await using test = await setup({ idempotencyKey: byId });
    const [first, same, other] = [
      await test.call({ id: 1 }),
      await test.call({ id: 1 }),
      await test.call({ id: 2 }),
    ];

    expect([first.disposition, other.disposition]).toEqual(['created', 'created']);
    expect(same).toEqual({ id: first.id, disposition: 'duplicate' });
    expect(await test.bench.queue(test.task).count()).toBe(2);
  });

  it('outlives its task, also one that Redis keeps no record of', async () => {
    await using test = await setup({
      idempotencyKey: byId,
      retention: { completed: { count: 0 }, failed: { count: 0 } },
    });
    await test.bench.startWorker();
    const first = await test.call({ id: 1 });
    await until(async () => (await test.bench.queue(test.task).getJob(first.id)) === undefined);

    expect(await test.call({ id: 1 })).toEqual({ id: first.id, disposition: 'duplicate' });
    expect(test.runs.length).toBe(1);
  });

  it('is forgotten after its window', async () => {
    await using test = await setup({ idempotencyKey: byId, idempotencyWindowMs: 100 });
    const first = await test.call({ id: 1 });
    await until(async () => (await test.call({ id: 1 })).id !== first.id);

    expect(await test.bench.queue(test.task).count()).toBe(2);
  });

  it('of the call stands before that of the definition', async () => {
    await using test = await setup({ idempotencyKey: byId });
    const calls = [
      await test.call({ id: 1 }, { idempotencyKey: 'a' }),
      await test.call({ id: 1 }, { idempotencyKey: 'b' }),
      await test.call({ id: 2 }, { idempotencyKey: 'a' }),
    ];

    expect(calls.map(({ disposition }) => disposition)).toEqual(['created', 'created', 'duplicate']);
  });

  it('is asked of the payload as the handler gets it', async () => {
    const asked: unknown[] = [];
    const task = defineTask({
      queueName: 'test:defaults',
      schema: z.object({ id: z.coerce.number(), shop: z.string().default('main') }),
      handler: async () => ok(),
      options: {
        idempotencyKey: (payload) => {
          asked.push(payload);
          return 'k';
        },
      },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.schedule(task, { id: '7' });

    expect(asked).toEqual([{ id: 7, shop: 'main' }]);
  });

  it('makes one task of the calls of twenty processes at once', async () => {
    await using test = await setup();
    const { redisUrl, queuePrefix } = test.bench.appConfig;
    const script = join(import.meta.dir, '__fixtures__', 'scheduleWithKey.ts');
    const children = Array.from({ length: 20 }, () =>
      Bun.spawn([process.execPath, '--no-install', script, 'payment-7'], {
        env: { NODE_ENV: 'test', PATH: process.env['PATH'], REDIS_URL: redisUrl, QUEUE_PREFIX: queuePrefix },
        stdout: 'pipe',
      }),
    );
    const printed = await Promise.all(children.map(({ stdout }) => new Response(stdout).text()));
    const handles = printed.map((line) => JSON.parse(line) as { id: string; disposition: string });

    expect(handles.map(({ disposition }) => disposition).toSorted()).toEqual([
      'created',
      ...Array(19).fill('duplicate'),
    ]);
    expect(new Set(handles.map(({ id }) => id)).size).toBe(1);
    expect(await test.bench.queue(test.task).count()).toBe(1);
  }, 60_000);
});

describe('a unique tag', () => {
  it('allows no second task while one is unfinished, and one afterwards', async () => {
    await using test = await setup({ uniqueTag: byId });
    test.state.isHeld = true;
    const first = await test.call({ id: 1 });
    const waiting = await test.call({ id: 1 });
    await test.bench.startWorker();
    await test.bench.reaches(first.id, 'running');
    const running = await test.call({ id: 1 });
    test.gate.resolve();
    await test.bench.ended(first.id);
    const later = await test.call({ id: 1 });

    const duplicate = { id: first.id, disposition: 'duplicate' as const };
    expect([waiting, running]).toEqual([duplicate, duplicate]);
    expect(later.disposition).toBe('created');
  });

  it('stays with a task that is tried again, and is free when it has failed', async () => {
    await using test = await setup({ maxAttempts: 2, backoffMs: 100 }, { isFailing: true });
    await test.bench.startWorker();
    const first = await test.call({ id: 1 }, { uniqueTag: 'x' });
    await test.bench.reaches(first.id, 'retrying');
    const retrying = await test.call({ id: 2 }, { uniqueTag: 'x' });
    await test.bench.reaches(first.id, 'failed');
    const later = await test.call({ id: 3 }, { uniqueTag: 'x' });

    expect([retrying.id, retrying.disposition, later.disposition]).toEqual([
      first.id,
      'duplicate',
      'created',
    ]);
  });
});

describe('a debounce', () => {
  it('runs once, with the last payload, when the calls have been quiet', async () => {
    await using test = await setup({ debounce: { windowMs: 300, key: byId } });
    await test.bench.startWorker();
    const first = await test.call({ id: 1, text: 'a' });
    const others = [await test.call({ id: 1, text: 'b' }), await test.call({ id: 1, text: 'c' })];
    const lastAtMs = Date.now();
    const other = await test.call({ id: 2, text: 'd' });
    await test.bench.ended(other.id);
    const record = await test.bench.ended(first.id);

    const replaced = { id: first.id, disposition: 'replaced' as const };
    expect([first.disposition, ...others]).toEqual(['created', replaced, replaced]);
    expect(test.runs.toSorted()).toEqual(['c', 'd']);
    expect(record.startedAt?.getTime()).toBeGreaterThanOrEqual(lastAtMs + 290);
  });

  it('runs after maxWaitMs at the latest', async () => {
    await using test = await setup({ debounce: { windowMs: 200, maxWaitMs: 400, key: byId } });
    await test.bench.startWorker();
    const firstAtMs = Date.now();
    const first = await test.call({ id: 1 });
    let calls = 1;
    await until(async () => {
      calls += 1;
      await test.call({ id: 1, text: String(calls) });
      return test.runs.length > 0;
    });

    const { startedAt } = await test.bench.record(first.id);
    expect(startedAt?.getTime()).toBeWithin(firstAtMs + 390, firstAtMs + 3000);
  });

  it('makes a task of its own of a call that comes when the first has begun', async () => {
    await using test = await setup({ debounce: { windowMs: 1, key: byId } });
    test.state.isHeld = true;
    await test.bench.startWorker();
    const first = await test.call({ id: 1, text: 'a' });
    await test.bench.reaches(first.id, 'running');
    const second = await test.call({ id: 1, text: 'b' });
    test.gate.resolve();
    await test.bench.ended(second.id);

    expect(second.disposition).toBe('created');
    expect(second.id).not.toBe(first.id);
    expect(test.runs).toEqual(['a', 'b']);
  });

  it('leaves the payload of a task that is tried again alone', async () => {
    await using test = await setup(
      { debounce: { windowMs: 1, key: byId }, maxAttempts: 2, backoffMs: 400 },
      { isFailing: true },
    );
    await test.bench.startWorker();
    const first = await test.call({ id: 1, text: 'a' });
    await test.bench.reaches(first.id, 'retrying');
    const second = await test.call({ id: 1, text: 'b' });
    await Promise.all([first, second].map(({ id }) => test.bench.ended(id)));

    expect(second.disposition).toBe('created');
    expect(test.runs.toSorted()).toEqual(['a', 'a', 'b', 'b']);
  });

  it.each(['prioritized', 'wait'])(
    'puts a task off again that is due, in %s, and has no worker',
    async (home) => {
      await using test = await setup({ debounce: { windowMs: 1, key: byId } });
      const first = await test.call({ id: 1, text: 'a' });
      const queue = test.bench.queue(test.task);
      await (home === 'wait' ? queue.promoteJobs() : queue.getJob(first.id).then((job) => job?.promote()));
      expect(await queue.getJobCountByTypes(home as 'wait')).toBe(1); // one of the two
      const second = await test.call({ id: 1, text: 'b' });

      expect(second).toEqual({ id: first.id, disposition: 'replaced' });
      expect(await queue.getJobCounts('prioritized', 'wait', 'delayed')).toEqual({
        prioritized: 0,
        wait: 0,
        delayed: 1,
      });
    },
  );

  it('expires from the moment it is due, not from its calls', async () => {
    await using test = await setup({ debounce: { windowMs: 300, key: byId } });
    await test.bench.startWorker();
    const { id } = await test.call({ id: 1, text: 'a' }, { expiresInMs: 200 });

    expect((await test.bench.ended(id)).status).toBe('completed');
  });

  it('says how long it waited after it was due, not since its first call', async () => {
    await using test = await setup({ debounce: { windowMs: 300, key: byId } });
    await test.bench.startWorker();
    const { id } = await test.call({ id: 1, text: 'a' });
    await Bun.sleep(200); // still quiet for less than the window
    await test.call({ id: 1, text: 'b' });
    await test.bench.ended(id);
    const line = loggedLines(test.bench.logger).find(({ meta }) => meta['taskId'] === id);

    expect(line?.meta['waitMs']).toBeWithin(0, 150);
  });

  it('makes one task of many calls at once', async () => {
    await using test = await setup({ debounce: { windowMs: 200, key: byId } });
    const calls = await Promise.all(
      Array.from({ length: 50 }, (_, n) => test.call({ id: 1, text: String(n) })),
    );
    await test.bench.startWorker();
    await test.bench.ended(calls[0]?.id ?? TaskId());

    expect(new Set(calls.map(({ id }) => id)).size).toBe(1);
    expect(calls.filter(({ disposition }) => disposition === 'created').length).toBe(1);
    expect(test.runs.length).toBe(1);
  });

  it.each([{ delayMs: 0 }, { at: new Date() }])('refuses %p beside it', async (options) => {
    await using test = await setup({ debounce: { windowMs: 1, key: byId } });
    const refused = await test.bench.scheduler.schedule(CorrelationId(), test.task, { id: 1 }, options);

    expect(refused._unsafeUnwrapErr()).toMatchObject({
      code: 'invalid-options',
      message:
        'the options for test:deduplicated are refused: expected neither delayMs nor at for a task with debounce, which decides when it runs',
    });
  });
});
