import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { type ChildError } from '../domain/ChildError';
import { call } from '../domain/TaskChildren';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask, type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type TaskId } from '../domain/TaskId';
import { type TaskOptions } from '../domain/TaskOptions';
import { retryFromStart } from '../queue/retryFromStart';
import { createTaskBench, loggedLines, type TaskBench } from './__fixtures__/TaskBench';

const inputSchema = z.object({ n: z.number() });

type Input = z.output<typeof inputSchema>;
type Handler = (input: Input, context: TaskContext) => Promise<Result<unknown, Error>>;

const define = (name: string, handler: Handler, options: TaskOptions<Input> = {}) =>
  defineTask<Input, unknown, Input>({ queueName: `test:${name}`, schema: inputSchema, handler, options });

const codesOf = (results: readonly Result<unknown, ChildError>[]) =>
  results.map((result) =>
    result.match(
      (value) => value,
      ({ code }) => code,
    ),
  );

/** A bench whose tasks are made with a list of what they did. */
const setup = async (
  create: (log: string[]) => readonly TaskDefinition<unknown>[],
  env: Readonly<Record<string, string>> = {},
) => {
  const log: string[] = [];
  const bench = await createTaskBench({ tasks: create(log), env });
  return { bench, log, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
};

/** For a handler that goes on without its children: waits until Redis holds so many of them. */
const areScheduled = ({ inspector }: TaskBench, parentId: TaskId, count: number) =>
  until(async () => (await inspector.getTasks({ parentId }))._unsafeUnwrap().tasks.length === count);

/** Runs one task to its end on a worker with one slot. */
const runOne = async (bench: TaskBench, task: TaskDefinition<Input>, n = 1, concurrency = 1) => {
  await bench.startWorker({ concurrency });
  return bench.ended(await bench.schedule(task, { n }));
};

describe('ctx.children.run', () => {
  it('completes a parent with 10 children in a worker with one slot, and answers in order', async () => {
    const child = define('child', async ({ n }) => {
      await Bun.sleep(10 - n);
      return ok(n * n);
    });
    const parent = define('parent', async (_input, { children }) => {
      const results = await children.run(Array.from({ length: 10 }, (_, n) => call(child, { n })));
      return ok(results.map((result) => result._unsafeUnwrap()));
    });
    await using test = await setup(() => [parent, child]);

    expect(await runOne(test.bench, parent)).toMatchObject({
      status: 'completed',
      value: [0, 1, 4, 9, 16, 25, 36, 49, 64, 81],
      attempt: 1,
    });
  });

  it('completes nested parents of one name in a worker with one slot', async () => {
    const fibonacci = defineTask<Input, number, Input>({
      queueName: 'test:fibonacci',
      schema: inputSchema,
      handler: async ({ n }, { children }): Promise<Result<number, Error>> => {
        if (n < 2) return ok(n);
        const [one, other] = await children.run([
          [fibonacci, { n: n - 1 }],
          [fibonacci, { n: n - 2 }],
        ]);
        return one.andThen((first) => other.map((second) => first + second));
      },
    });
    await using test = await setup(() => [fibonacci]);

    expect(await runOne(test.bench, fibonacci, 7)).toMatchObject({ status: 'completed', value: 13 });
  }, 20_000);

  it('gives children the correlation ID, the user and the id of their parent', async () => {
    const contexts: TaskContext[] = [];
    const child = define('child', async (_input, context) => ok(void contexts.push(context)));
    const parent = define('parent', async (_input, { children, schedule }) => {
      const scheduled = await schedule(child, { n: 2 });
      await children.run([[child, { n: 1 }]]);
      return ok(scheduled._unsafeUnwrap().id);
    });
    await using test = await setup(() => [parent, child]);
    await test.bench.startWorker();
    const [correlationId, userId] = [CorrelationId(), UserId()];
    const { id: parentId } = (
      await test.bench.scheduler.schedule(correlationId, parent, { n: 1 }, { userId })
    )._unsafeUnwrap();
    await test.bench.ended(parentId);
    await until(async () => contexts.length === 2);

    expect(contexts).toMatchObject([
      { correlationId, parentId, userId },
      { correlationId, parentId, userId },
    ]);
    const records = await Promise.all(contexts.map(({ taskId }) => test.bench.record(taskId)));
    expect(records.map((record) => record.parentId)).toEqual([parentId, parentId]);
  });

  it('answers err for a child that fails, with its id, name and error', async () => {
    const child = define('child', async ({ n }) =>
      n === 1 ? err(TaskError.fatal('too odd', { n })) : ok(n),
    );
    const seen: ChildError[] = [];
    const parent = define('parent', async (_input, { children }) => {
      const [one, two] = await children.run([
        [child, { n: 1 }],
        [child, { n: 2 }],
      ]);
      seen.push(one._unsafeUnwrapErr());
      return ok(two._unsafeUnwrap());
    });
    await using test = await setup(() => [parent, child]);
    const record = await runOne(test.bench, parent);

    expect(record).toMatchObject({ status: 'completed', value: 2 });
    expect(seen).toMatchObject([
      {
        code: 'failed',
        taskName: 'test:child',
        failure: { message: 'too odd', reason: 'fatal', metadata: { n: 1 } },
      },
    ]);
    expect(seen[0]?.message).toContain(`the task ${seen[0]?.taskId} of test:child failed (fatal): too odd`);
  });

  it('answers err for children that are cancelled, expire or are removed', async () => {
    const child = define('child', async ({ n }) => ok(n));
    const gone = define('gone', async ({ n }) => ok(n));
    const parent = define('parent', async (_input, { children }) =>
      ok(
        codesOf(
          await children.run([
            [child, { n: 1 }, { delayMs: 60_000 }],
            [child, { n: 2 }, { delayMs: 200, expiresInMs: 1 }],
            [gone, { n: 3 }],
          ]),
        ),
      ),
    );
    // With a ledger a task that another program deletes is no lost one: it is put on its queue again.
    const env = { WORKER_STALLED_INTERVAL_MS: '500', LEDGER_URL: 'off' };
    await using test = await setup(() => [parent, child, gone], env);
    await test.bench.startWorker({ taskNames: ['test:parent'] });
    const id = await test.bench.schedule(parent, { n: 1 });
    const find = async () =>
      (await test.bench.inspector.getTasks({ name: 'test:child', status: ['scheduled'] }))._unsafeUnwrap();
    await until(async () => (await find()).tasks.length === 2);
    await until(async () => (await test.bench.queue(gone).getPrioritizedCount()) === 1);
    const late = (await find()).tasks.find(({ payload }) => (payload as Input).n === 1);
    if (late !== undefined) await test.bench.inspector.cancel(late.id, 'not needed');
    await test.bench.queue(gone).drain();
    await Bun.sleep(250); // until the second one is due and has expired
    await test.bench.startWorker({ taskNames: ['test:child'] });

    expect(await test.bench.ended(id)).toMatchObject({ value: ['cancelled', 'expired', 'removed'] });
  }, 20_000);

  it('refuses bad calls, and schedules nothing then', async () => {
    const child = define('child', async ({ n }) => ok(n));
    const limited = define('limited', async ({ n }) => ok(n), { maxConcurrency: 2 });
    const broken = define('broken', async ({ n }) => ok(n), { maxAttempts: -1 });
    const seen: (readonly [string, string])[][] = [];
    const parent = define(
      'limited-parent',
      async (_input, { children }) => {
        const show = (results: readonly Result<unknown, ChildError>[]) =>
          void seen.push(
            results.map((result) => [result._unsafeUnwrapErr().code, result._unsafeUnwrapErr().message]),
          );
        show(
          await children.run([
            [child, { n: 1 }],
            [child, { n: 'x' } as never],
          ]),
        );
        show(
          await children.run([
            [child, { n: 1 }, { delayMs: -1 }],
            [broken, { n: 1 }],
          ]),
        );
        show(await children.run([[child, { n: 1 }]], { timeoutMs: 0 }));
        show(await children.run([[child, { n: 1 }]], { timeout: 5 } as never));
        show((await children.run(Array.from({ length: 1001 }, () => call(child, { n: 1 })))).slice(0, 1));
        show(await children.run([undefined as never]));
        show(await children.run([[parent, { n: 1 }]] as never));
        return ok(await children.run([]));
      },
      { maxConcurrency: 5 },
    );
    await using test = await setup(() => [parent, child, limited, broken].slice(0, 3));
    const record = await runOne(test.bench, parent);

    expect(record).toMatchObject({ status: 'completed', value: [] });
    expect(seen.map((codes) => codes.map(([code]) => code))).toEqual([
      ['not-scheduled', 'invalid-payload'],
      ['invalid-options', 'invalid-task'],
      ['invalid-options'],
      ['invalid-options'],
      ['too-many'],
      ['invalid-task'],
      ['never-runs'],
    ]);
    expect(seen.flat().map(([, message]) => message)).toEqual([
      'nothing was scheduled: call 2 of the run is refused',
      expect.stringContaining('the payload of test:child is refused: expected valid data: n:'),
      expect.stringContaining('expected delayMs to be an integer from 0 to 315360000000, got -1'),
      expect.stringContaining('expected maxAttempts to be an integer from 1 to 1000, got -1'),
      'the options of the run are refused: expected timeoutMs to be an integer from 1 to 2147483647, got 0',
      'the options of the run are refused: unknown option timeout. Did you mean "timeoutMs"?',
      'expected at most 1000 children in one run, got 1001',
      expect.stringContaining('expected what defineTask returns, got undefined'),
      'expected a task without maxConcurrency, got test:limited-parent (maxConcurrency 5), which would wait for its own ancestor: test:limited-parent > test:limited-parent',
    ]);
    expect((await test.bench.inspector.getQueueDepth('test:child'))._unsafeUnwrap()).toMatchObject({
      pending: 0,
      completed: 0,
    });
  });

  it('stops the clock of the parent while it waits', async () => {
    const child = define('child', async () => ok(await Bun.sleep(300)));
    const parent = define(
      'parent',
      async (_input, { children }) => ok(codesOf(await children.run([[child, { n: 1 }]]))),
      {
        timeoutMs: 150,
        maxAttempts: 1,
      },
    );
    await using test = await setup(() => [parent, child]);

    expect(await runOne(test.bench, parent)).toMatchObject({ status: 'completed' });
  });

  it('gives up after timeoutMs, and cancels what has not ended', async () => {
    const child = define('child', async ({ n }) => ok(n));
    const parent = define('parent', async (_input, { children }) =>
      ok(
        codesOf(
          await children.run(
            [
              [child, { n: 1 }],
              [child, { n: 2 }, { delayMs: 60_000 }],
            ],
            { timeoutMs: 400 },
          ),
        ),
      ),
    );
    await using test = await setup(() => [parent, child]);
    const record = await runOne(test.bench, parent);
    const { tasks } = (
      await test.bench.inspector.getTasks({ name: 'test:child', status: 'cancelled' })
    )._unsafeUnwrap();

    expect(record).toMatchObject({ status: 'completed', value: [1, 'timed-out'] });
    expect(tasks).toMatchObject([{ payload: { n: 2 }, cancelReason: 'its parent waited no longer' }]);
  });

  it('waits for a child that no worker takes, and says so', async () => {
    const child = define('child', async ({ n }) => ok(n));
    const parent = define('parent', async (_input, { children }) =>
      ok(codesOf(await children.run([[child, { n: 1 }]]))),
    );
    await using test = await setup(() => [parent, child]);
    await test.bench.startWorker({ taskNames: ['test:parent'] });
    const id = await test.bench.schedule(parent, { n: 1 });
    const { inspector } = test.bench;
    await until(async () => (await inspector.getQueueDepth('test:child'))._unsafeUnwrap().pending === 1);
    const [task] = (await inspector.getTasks({ parentId: id }))._unsafeUnwrap().tasks;
    const explained = (await inspector.why(id))._unsafeUnwrap();
    const child1 = task === undefined ? undefined : (await inspector.why(task.id))._unsafeUnwrap();
    await test.bench.startWorker({ taskNames: ['test:child'] });

    expect(explained.facts).toMatchObject([
      { reason: 'running' },
      { reason: 'waiting-for-children', childCount: 1 },
    ]);
    expect(child1?.sentence).toBe('No worker takes test:child.');
    expect(await test.bench.ended(id)).toMatchObject({ value: [1] });
  });

  it('waits for the task that stands for a child, and does not cancel it', async () => {
    const child = define('child', async ({ n }) => ok(n), { idempotencyKey: ({ n }) => `key-${n}` });
    const parent = define('parent', async (_input, { children }) =>
      ok(codesOf(await children.run([[child, { n: 4 }]]))),
    );
    await using test = await setup(() => [parent, child]);
    const first = await test.bench.schedule(child, { n: 4 });

    expect(await runOne(test.bench, parent)).toMatchObject({ value: [4] });
    expect(await test.bench.record(first)).toMatchObject({ status: 'completed' });
    expect((await test.bench.inspector.getQueueDepth('test:child'))._unsafeUnwrap()).toMatchObject({
      completed: 1,
    });
  });

  it('refuses a child for which its own parent stands', async () => {
    const seen: ChildError[] = [];
    const parent = define(
      'parent',
      async (_input, { children }) => {
        const [result] = await children.run([[parent, { n: 1 }]] as never);
        seen.push((result as Result<unknown, ChildError>)._unsafeUnwrapErr());
        return ok();
      },
      { idempotencyKey: ({ n }) => `key-${n}` },
    );
    await using test = await setup(() => [parent]);
    const { id, status } = await runOne(test.bench, parent);

    expect([status, seen[0]?.code, seen[0]?.message]).toEqual([
      'completed',
      'never-runs',
      `expected a child other than its parent, got ${id} of test:parent, which stands for it: both have one idempotencyKey or uniqueTag`,
    ]);
  });

  it('runs 200 parents with 5 children each on three slots, and no more than a few parents wait', async () => {
    const state = { running: 0, mostRunning: 0, waiting: 0, mostWaiting: 0 };
    const child = define('child', async ({ n }) => {
      state.running += 1;
      state.mostRunning = Math.max(state.mostRunning, state.running);
      await Promise.resolve();
      state.running -= 1;
      return ok(n);
    });
    const parent = define('parent', async ({ n }, { children }) => {
      state.waiting += 1;
      state.mostWaiting = Math.max(state.mostWaiting, state.waiting);
      const results = await children.run(
        Array.from({ length: 5 }, (_, index) => call(child, { n: n * 10 + index })),
      );
      state.waiting -= 1;
      return ok(results.filter((result) => result.isOk()).length);
    });
    await using test = await setup(() => [parent, child]);
    const ids = await Promise.all(Array.from({ length: 200 }, (_, n) => test.bench.schedule(parent, { n })));
    await test.bench.startWorker({ concurrency: 3 });
    await until(
      async () => (await test.bench.inspector.getQueueDepth('test:parent'))._unsafeUnwrap().completed === 200,
      60_000,
    );
    const records = await Promise.all(ids.map((id) => test.bench.record(id)));

    expect(records.filter(({ value }) => value !== 5)).toEqual([]);
    expect(state.mostRunning).toBeLessThanOrEqual(3);
    // Children go first: a parent begins only when a slot is free that no child waits for.
    expect(state.mostWaiting).toBeLessThanOrEqual(12);
  }, 90_000);

  it('begins no further parent while children of a lower priority wait for a slot, also those of a second run', async () => {
    const state = { waiting: 0, mostWaiting: 0 };
    const low = { priority: 'low' } as const;
    const parts = ['one', 'other'].map((name) => define(name, async ({ n }) => ok(n), low));
    const parent = define('parent', async ({ n }, { children }) => {
      state.waiting += 1;
      state.mostWaiting = Math.max(state.mostWaiting, state.waiting);
      await Promise.all(parts.map((part) => children.run([[part, { n }]])));
      state.waiting -= 1;
      return ok();
    });
    await using test = await setup(() => [parent, ...parts]);
    await Promise.all(Array.from({ length: 60 }, (_, n) => test.bench.schedule(parent, { n })));
    await test.bench.startWorker({ concurrency: 3 });
    await until(
      async () => (await test.bench.inspector.getQueueDepth('test:parent'))._unsafeUnwrap().completed === 60,
      20_000,
    );

    expect(state.mostWaiting).toBeLessThanOrEqual(12); // 32 when the second run is not seen
  }, 30_000);

  it('lets a handler wait for two runs at once in a worker with one slot', async () => {
    const child = define('child', async ({ n }) => ok(n));
    const parent = define('parent', async (_input, { children }) => {
      const results = await Promise.all([1, 2, 3].map((n) => children.run([[child, { n }]])));
      return ok(results.flatMap(codesOf));
    });
    await using test = await setup(() => [parent, child]);

    expect(await runOne(test.bench, parent)).toMatchObject({ value: [1, 2, 3] });
  });

  it('loses and gains no slot by a parent that ends without waiting for its children', async () => {
    const state = { running: 0, most: 0 };
    const slow = ['slow-1', 'slow-2', 'slow-3'].map((name) =>
      define(name, async ({ n }) => {
        state.running += 1;
        state.most = Math.max(state.most, state.running);
        await Bun.sleep(20); // work, which takes its slot for so long
        state.running -= 1;
        return ok(n);
      }),
    );
    const child = define('child', async ({ n }) => ok(n));
    const parent = define('parent', async ({ n }, { children, taskId }) => {
      void children.run([[child, { n }, { delayMs: 60_000 }]]).catch(() => undefined);
      await areScheduled(test.bench, taskId, 1);
      return ok(n);
    });
    await using test = await setup(() => [parent, child, ...slow]);
    await test.bench.startWorker({ concurrency: 1 });
    const ids = await Promise.all([1, 2, 3].map((n) => test.bench.schedule(parent, { n })));
    const records = await Promise.all(ids.map((id) => test.bench.ended(id)));
    const cancelled = async () =>
      (await test.bench.inspector.getTasks({ name: 'test:child', status: 'cancelled' }))._unsafeUnwrap()
        .tasks;
    const slowIds = await Promise.all(slow.map((task) => test.bench.schedule(task, { n: 1 })));
    await Promise.all(slowIds.map((id) => test.bench.ended(id)));
    await until(async () => (await cancelled()).length === 3);

    expect(state.most).toBe(1);
    expect(records.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect((await cancelled())[2]?.cancelReason).toBe(
      `its parent test:parent ${ids[0]} has ended (completed)`,
    );
  });
});

describe('another attempt of a parent', () => {
  it('keeps the children that completed, and runs those again that failed', async () => {
    const child = define('child', async ({ n }, { taskId }) => {
      childRuns.push(n);
      return n === 2 && childRuns.filter((each) => each === 2).length === 1
        ? err(TaskError.fatal('no'))
        : ok(taskId);
    });
    const childRuns: number[] = [];
    const parent = define('parent', async (_input, { children, attempt }) => {
      const results = await children.run([1, 2].map((n) => call(child, { n })));
      const failed = results.find((result) => result.isErr());
      return failed?.isErr() ? err(failed.error) : ok([attempt, results.length]);
    });
    await using test = await setup(() => [parent, child]);

    expect(await runOne(test.bench, parent)).toMatchObject({ status: 'completed', value: [2, 2] });
    expect(childRuns.toSorted()).toEqual([1, 2, 2]);
  });

  it('takes a value that Redis keeps no more from what it has written down', async () => {
    const childRuns: number[] = [];
    const child = define('child', async ({ n }) => ok(childRuns.push(n)), {
      retention: { completed: { count: 0 } },
    });
    const parent = define('parent', async (_input, { children, attempt }) => {
      const [result] = await children.run([[child, { n: 7 }]]);
      return attempt === 1 ? err(new TaskError('once more')) : ok(result._unsafeUnwrap());
    });
    await using test = await setup(() => [parent, child]);

    expect(await runOne(test.bench, parent)).toMatchObject({ status: 'completed', value: 1, attempt: 2 });
    expect(childRuns).toEqual([7]);
  });

  it('runs a child with another payload, and cancels the one before when it ends', async () => {
    const child = define('child', async ({ n }) => ok(n));
    const parent = define(
      'parent',
      async (_input, { children, attempt, taskId }) => {
        if (attempt === 1) {
          void children.run([[child, { n: 1 }, { delayMs: 60_000 }]]).catch(() => undefined);
          await areScheduled(test.bench, taskId, 1);
          return err(new TaskError('once more'));
        }
        return ok(codesOf(await children.run([[child, { n: 2 }]])));
      },
      { maxAttempts: 2 },
    );
    await using test = await setup(() => [parent, child]);
    const record = await runOne(test.bench, parent);
    const cancelled = async () =>
      (await test.bench.inspector.getTasks({ name: 'test:child', status: 'cancelled' }))._unsafeUnwrap()
        .tasks;
    await until(async () => (await cancelled()).length === 1);

    expect(record).toMatchObject({ status: 'completed', value: [2] });
    expect(await cancelled()).toMatchObject([
      { payload: { n: 1 }, cancelReason: `its parent test:parent ${record.id} has ended (completed)` },
    ]);
  });
});

describe('a task that does a parent again', () => {
  const setupRetry = async () => {
    const childRuns: number[] = [];
    const child = define('child', async ({ n }) => {
      childRuns.push(n);
      return n === 2 && childRuns.length === 2 ? err(TaskError.fatal('no')) : ok(n);
    });
    const parent = define(
      'parent',
      async (_input, { children }) => {
        const [one] = await children.run([[child, { n: 1 }]]);
        const [two] = await children.run([[child, { n: 2 }]]);
        return one.andThen(() => two);
      },
      { maxAttempts: 1 },
    );
    const test = await setup(() => [parent, child]);
    return { ...test, childRuns, failed: await runOne(test.bench, parent) };
  };

  it('keeps the children that completed', async () => {
    await using test = await setupRetry();
    const id = (await test.bench.inspector.retry(test.failed.id))._unsafeUnwrap();

    expect(test.failed.status).toBe('failed');
    expect(await test.bench.ended(id)).toMatchObject({ status: 'completed', value: 2 });
    expect(test.childRuns).toEqual([1, 2, 2]);
  });

  it('runs all of them when it is told to do its steps again', async () => {
    await using test = await setupRetry();
    const id = (await test.bench.inspector.retry(test.failed.id, { steps: 'again' }))._unsafeUnwrap();

    expect(await test.bench.ended(id)).toMatchObject({ status: 'completed', value: 2 });
    expect(test.childRuns).toEqual([1, 2, 1, 2]);
  });
});

describe('a parent that the board puts back', () => {
  it('keeps the children that completed, and runs those again that failed or were cancelled', async () => {
    const childRuns: number[] = [];
    const child = define('child', async ({ n }) => {
      childRuns.push(n);
      return n === 2 && childRuns.filter((each) => each === 2).length === 1
        ? err(TaskError.fatal('no'))
        : ok(n);
    });
    const parent = define(
      'parent',
      async (_input, { children }) => {
        const isFirst = childRuns.length === 0;
        const waits = isFirst ? { delayMs: 60_000 } : {};
        const late = children.run([[child, { n: 3 }, waits]]);
        if (isFirst) late.catch(() => undefined);
        const results = await children.run([1, 2].map((n) => call(child, { n })));
        const failed = results.find((result) => result.isErr());
        return failed?.isErr() ? err(failed.error) : ok(codesOf([...results, ...(await late)]));
      },
      { maxAttempts: 1 },
    );
    await using test = await setup(() => [parent, child]);
    const { id, status } = await runOne(test.bench, parent);
    await until(
      async () => (await test.bench.inspector.getQueueDepth('test:child'))._unsafeUnwrap().scheduled === 0,
    );
    const queue = test.bench.queue(parent);
    const job = await queue.getJob(id);
    if (job === undefined) throw new Error(`expected the job ${id} to be there`);
    await retryFromStart({ client: test.bench.redis, queue, job: { id, retry: job.retry.bind(job) } });

    expect(status).toBe('failed');
    expect(await test.bench.reaches(id, 'completed')).toMatchObject({ value: [1, 2, 3], attempt: 1 });
    expect(childRuns.toSorted()).toEqual([1, 2, 2, 3]);
  });
});

describe('a parent that fails for good', () => {
  it('cancels its children, also those of earlier attempts', async () => {
    const child = define('child', async ({ n }) => ok(n));
    const parent = define(
      'parent',
      async (_input, { children, attempt, taskId }) => {
        void children.run([[child, { n: attempt }, { delayMs: 60_000 }]]).catch(() => undefined);
        await areScheduled(test.bench, taskId, attempt);
        return err(new TaskError('no'));
      },
      { maxAttempts: 2 },
    );
    await using test = await setup(() => [parent, child]);
    const record = await runOne(test.bench, parent);
    const cancelled = async () =>
      (await test.bench.inspector.getTasks({ name: 'test:child', status: 'cancelled' }))._unsafeUnwrap()
        .tasks;
    await until(async () => (await cancelled()).length === 2);

    expect(record.status).toBe('failed');
    expect((await cancelled()).map(({ cancelReason }) => cancelReason)).toEqual(
      [1, 2].map(() => `its parent test:parent ${record.id} has ended (failed)`),
    );
  });
});

describe('a parent that is cancelled', () => {
  it('cancels its children while it waits, and their children, whether they run or not', async () => {
    const reasons: unknown[] = [];
    const leaf = define('leaf', async ({ n }, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reasons.push(signal.reason.message);
      return ok(n);
    });
    const child = define('child', async (_input, { children }) =>
      ok(
        codesOf(
          await children.run([
            [leaf, { n: 1 }],
            [leaf, { n: 2 }, { delayMs: 60_000 }],
          ]),
        ),
      ),
    );
    const parent = define('parent', async (_input, { children }) =>
      ok(codesOf(await children.run([[child, { n: 1 }]]))),
    );
    await using test = await setup(() => [parent, child, leaf]);
    await test.bench.startWorker({ concurrency: 1 });
    const id = await test.bench.schedule(parent, { n: 1 });
    await until(
      async () => (await test.bench.inspector.getQueueDepth('test:leaf'))._unsafeUnwrap().running === 1,
    );
    (await test.bench.inspector.cancel(id, 'withdrawn'))._unsafeUnwrap();
    const record = await test.bench.ended(id);
    const tasks = async () =>
      (await test.bench.inspector.getTasks({ status: 'cancelled' }))._unsafeUnwrap().tasks;
    await until(async () => (await tasks()).length === 4);
    const childId = (await tasks()).find(({ name }) => name === 'test:child')?.id;

    expect(record).toMatchObject({ status: 'cancelled', cancelReason: 'withdrawn' });
    expect((await tasks()).map(({ name, cancelReason }) => `${name} ${cancelReason}`).toSorted()).toEqual([
      `test:child its parent test:parent ${id} has ended (cancelled)`,
      `test:leaf its parent test:child ${childId} has ended (cancelled)`,
      `test:leaf its parent test:child ${childId} has ended (cancelled)`,
      'test:parent withdrawn',
    ]);
    expect(reasons).toEqual([
      `the task was cancelled: its parent test:child ${childId} has ended (cancelled)`,
    ]);
  }, 20_000);

  it('cancels its children while it waits for another attempt', async () => {
    const child = define('child', async ({ n }) => ok(n));
    const parent = define(
      'parent',
      async (_input, { children, taskId }) => {
        void children.run([[child, { n: 1 }, { delayMs: 60_000 }]]).catch(() => undefined);
        await areScheduled(test.bench, taskId, 1);
        return err(new TaskError('once more'));
      },
      { backoffMs: 60_000 },
    );
    await using test = await setup(() => [parent, child]);
    await test.bench.startWorker();
    const id = await test.bench.schedule(parent, { n: 1 });
    await test.bench.reaches(id, 'retrying');
    (await test.bench.inspector.cancel(id))._unsafeUnwrap();
    const { tasks } = (await test.bench.inspector.getTasks({ parentId: id }))._unsafeUnwrap();

    expect(tasks).toMatchObject([
      { name: 'test:child', status: 'cancelled', cancelReason: `its parent test:parent ${id} was cancelled` },
    ]);
  });
});

describe('a worker that stops', () => {
  it('gives a waiting parent back at once, and another takes its children over', async () => {
    const childRuns: string[] = [];
    const child = define('child', async (_input, { workerId }) => {
      childRuns.push(workerId);
      return ok(workerId);
    });
    const parentRuns: string[] = [];
    const parent = define('parent', async (_input, { children, workerId, attempt }) => {
      parentRuns.push(workerId);
      const [one] = await children.run([[child, { n: 1 }]]);
      const [two] = await children.run([[child, { n: 2 }, { delayMs: 800 }]]);
      return ok([one._unsafeUnwrap(), two._unsafeUnwrap(), attempt]);
    });
    await using test = await setup(() => [parent, child], { WORKER_DRAIN_TIMEOUT_MS: '20000' });
    const first = await test.bench.startWorker({ id: 'first' });
    const id = await test.bench.schedule(parent, { n: 1 });
    await until(
      async () => (await test.bench.inspector.getQueueDepth('test:child'))._unsafeUnwrap().scheduled === 1,
    );
    const startedAtMs = performance.now();
    await first.stop();
    const stoppedInMs = performance.now() - startedAtMs;
    await test.bench.startWorker({ id: 'second' });
    const record = await test.bench.ended(id);

    expect(stoppedInMs).toBeLessThan(2000);
    expect(record).toMatchObject({ status: 'completed', value: ['first', 'second', 1] });
    expect([parentRuns, childRuns]).toEqual([
      ['first', 'second'],
      ['first', 'second'],
    ]);
    expect(loggedLines(test.bench.logger).filter(({ level }) => level === 'error')).toEqual([]);
  }, 20_000);
});

describe('WORKER_MAX_WAITING_PARENTS', () => {
  it('holds further parents back, and never their children', async () => {
    const state = { waiting: 0, most: 0 };
    const child = define('child', async ({ n }) => ok(n), { priority: 'low' });
    const parent = define('parent', async ({ n }, { children }) => {
      state.waiting += 1;
      state.most = Math.max(state.most, state.waiting);
      await children.run([[child, { n }, { delayMs: 500 }]]);
      state.waiting -= 1;
      return ok();
    });
    await using test = await setup(() => [parent, child], { WORKER_MAX_WAITING_PARENTS: '4' });
    await Promise.all(Array.from({ length: 12 }, (_, n) => test.bench.schedule(parent, { n })));
    await test.bench.startWorker({ concurrency: 3 });
    await until(
      async () => (await test.bench.inspector.getQueueDepth('test:parent'))._unsafeUnwrap().completed === 12,
      30_000,
    );

    expect(state.most).toBeLessThanOrEqual(8); // four, and those that three slots begin meanwhile
    expect(state.most).toBeGreaterThan(1);
  }, 40_000);
});
