import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import fc from 'fast-check';
import { err, ok, type Result } from 'neverthrow';
import { z } from 'zod';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type TaskId } from '../domain/TaskId';
import { type TaskOptions } from '../domain/TaskOptions';
import { createTaskBench, loggedLines, type TaskBench } from './__fixtures__/TaskBench';

const HOUR_MS = 60 * 60 * 1000;

const failingTask = (options: TaskOptions) =>
  defineTask({
    queueName: 'test:attempt',
    schema: z.object({}),
    handler: async () => err(new TaskError('down')),
    options,
  });

type FailingTask = ReturnType<typeof failingTask>;

/** Lets each attempt but the last fail at once, and reads the waits that BullMQ stored between them. */
const storedWaits = async (bench: TaskBench, task: FailingTask, id: TaskId): Promise<number[]> => {
  const queue = bench.queue(task);
  const waits: number[] = [];
  for (;;) {
    await until(async () => ['retrying', 'failed'].includes((await bench.record(id)).status));
    const job = await queue.getJob(id);
    if (job === undefined || (await job.isFailed())) return waits;
    await until(async () => job.isDelayed());
    waits.push((await queue.getJob(id))?.delay ?? Number.NaN);
    await job.promote();
    await until(async () => (await bench.record(id)).attempt > waits.length);
  }
};

const backoffs: [how: string, options: TaskOptions, call: ScheduleOptions, waits: number[]][] = [
  ['a fixed backoff', { backoffMs: 5000 }, {}, [5000, 5000]],
  [
    'an exponential backoff',
    { maxAttempts: 5, retry: { initialDelayMs: 60_000, jitter: false } },
    {},
    [60_000, 120_000, 240_000, 300_000],
  ],
  [
    'a linear backoff',
    { retry: { backoff: 'linear', initialDelayMs: 1000, incrementMs: 500, jitter: false } },
    {},
    [1000, 1500],
  ],
  [
    'steps',
    { maxAttempts: 4, retry: { backoff: 'steps', stepsMs: [10_000, HOUR_MS], jitter: false } },
    {},
    [10_000, HOUR_MS, HOUR_MS],
  ],
  [
    'an exponential backoff that the call overrides',
    { retry: { initialDelayMs: 60_000 } },
    { backoffMs: 7000 },
    [7000, 7000],
  ],
  ['more attempts than the definition has', { backoffMs: 5000 }, { maxAttempts: 4 }, [5000, 5000, 5000]],
  ['one attempt', { backoffMs: 5000 }, { maxAttempts: 1 }, []],
];

describe('a task that always fails', () => {
  it.each(backoffs)('under %s waits as long as that says', async (_how, options, call, waits) => {
    const task = failingTask(options);
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const id = await bench.schedule(task, {}, call);

    expect(await storedWaits(bench, task, id)).toEqual(waits);
    const lines = loggedLines(bench.logger).filter(({ message }) => message.includes('will be retried'));
    expect(lines.map(({ meta }) => meta['retryInMs'])).toEqual(waits);
    expect(await bench.record(id)).toMatchObject({
      status: 'failed',
      attempt: waits.length + 1,
      maxAttempts: waits.length + 1,
      error: { reason: 'exhausted', attempt: waits.length + 1 },
    });
  });

  it('waits 10 to 20 % longer than the plain wait unless it says otherwise', async () => {
    const task = failingTask({ maxAttempts: 2, retry: { initialDelayMs: 10_000 } });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const [wait] = await storedWaits(bench, task, await bench.schedule(task, {}));

    expect(wait).toBeGreaterThanOrEqual(11_000);
    expect(wait).toBeLessThanOrEqual(12_000);
  });
});

describe('a task that asks to run later', () => {
  it('is scheduled again after the asked time, with no attempt used', async () => {
    const task = defineTask({
      queueName: 'test:later',
      schema: z.object({}),
      handler: async () => err(TaskError.retryLater(HOUR_MS)),
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    const record = await bench.reaches(id, 'scheduled');
    const job = await bench.queue(task).getJob(id);

    expect(record).toMatchObject({ attempt: 0 });
    expect(record.error).toBeUndefined();
    expect(HOUR_MS - (job?.delay ?? 0)).toBeLessThan(1000);
  });
});

describe('schedule', () => {
  const task = defineTask({
    queueName: 'test:ordered',
    schema: z.object({ name: z.string() }),
    handler: async ({ name }) => ok(name),
    options: { priority: 'high' },
  });

  it('lets the higher priority go first, and the earlier among equals', async () => {
    await using bench = await createTaskBench({ tasks: [task] });
    const calls: [name: string, options: ScheduleOptions][] = [
      ['low', { priority: 'low' }],
      ['zero', { priority: 0 }],
      ['first of the definition', {}],
      ['critical', { priority: 'critical' }],
      ['normal', { priority: 'normal' }],
      ['second of the definition', {}],
      ['99', { priority: 99 }],
    ];
    const names = new Map<TaskId, string>();
    for (const [name, options] of calls) names.set(await bench.schedule(task, { name }, options), name);
    await bench.startWorker({ concurrency: 1 });
    await Promise.all([...names.keys()].map((id) => bench.ended(id)));

    const order = loggedLines(bench.logger)
      .filter(({ message }) => message === 'Task completed')
      .map(({ meta }) => names.get(meta['taskId'] as TaskId)); // our own ids
    expect(order).toEqual([
      'critical',
      '99',
      'first of the definition',
      'second of the definition',
      'normal',
      'low',
      'zero',
    ]);
  });

  it('stores when a task is due, and a worker leaves it until then', async () => {
    await using bench = await createTaskBench({ tasks: [task] });
    const at = new Date(Date.now() + 2 * HOUR_MS);
    const delayed = await bench.schedule(task, { name: 'delayMs' }, { delayMs: HOUR_MS });
    const dated = await bench.schedule(task, { name: 'at' }, { at });
    const past = await bench.schedule(task, { name: 'past' }, { at: new Date(Date.now() - 30_000) });
    await bench.startWorker();
    await bench.ended(past);

    const jobs = await Promise.all([delayed, dated].map((id) => bench.queue(task).getJob(id)));
    expect(jobs.map((job) => (job === undefined ? 0 : job.timestamp + job.delay - at.getTime()))).toEqual([
      (jobs[0]?.timestamp ?? 0) + HOUR_MS - at.getTime(),
      0,
    ]);
    expect(await bench.record(delayed)).toMatchObject({ status: 'scheduled', attempt: 0 });
    expect(await bench.record(dated)).toMatchObject({ status: 'scheduled', attempt: 0 });
  });
});

/** What one attempt of a scripted handler does. */
type Act =
  | { readonly does: 'ok' | 'err' | 'fatal' | 'later' }
  | { readonly does: 'throw'; readonly value: unknown };

const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom<Act>({ does: 'ok' }, { does: 'err' }, { does: 'fatal' }, { does: 'later' }),
  fc.record({
    does: fc.constant('throw' as const),
    value: fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }),
  }),
);

const perform = (act: Act | undefined): Result<unknown, Error> => {
  switch (act?.does) {
    case 'err':
      return err(new TaskError('asked to fail'));
    case 'fatal':
      return err(TaskError.fatal('asked to fail for good'));
    case 'later':
      return err(TaskError.retryLater(0));
    case 'throw':
      throw act.value;
    default:
      return ok('done');
  }
};

/** The documented outcome, worked out from the table in docs/lifecycle.md in the simplest way. */
const expectedEnd = (script: readonly Act[], maxAttempts: number) => {
  let attempt = 0;
  let runs = 0;
  for (;;) {
    const does = script[runs]?.does ?? 'ok';
    runs += 1;
    if (does === 'later') continue;
    attempt += 1;
    if (does === 'ok') return { status: 'completed', attempt, runs, reason: undefined };
    if (does === 'fatal') return { status: 'failed', attempt, runs, reason: 'fatal' };
    if (attempt === maxAttempts) return { status: 'failed', attempt, runs, reason: 'exhausted' };
  }
};

describe('a task', () => {
  it('ends in the documented outcome after the documented number of runs, whatever its handler does', async () => {
    const scripts = new Map<TaskId, { readonly script: readonly Act[]; runs: number }>();
    const task = defineTask({
      queueName: 'test:scripted',
      schema: z.object({}),
      handler: async (_payload, { taskId }) => {
        const state = scripts.get(taskId);
        if (state === undefined) throw new Error('ran before its script was there');
        state.runs += 1;
        return perform(state.script[state.runs - 1]);
      },
      options: { backoffMs: 0 },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    const worker = await bench.startWorker();

    const property = fc.asyncProperty(
      fc.array(fc.tuple(fc.array(acts, { maxLength: 5 }), fc.integer({ min: 1, max: 3 })), {
        minLength: 1,
        maxLength: 8,
      }),
      async (cases) => {
        await worker.pause();
        const ids = await Promise.all(
          cases.map(async ([script, maxAttempts]) => {
            const id = await bench.schedule(task, {}, { maxAttempts });
            scripts.set(id, { script, runs: 0 });
            return id;
          }),
        );
        await worker.resume();
        const ends = await Promise.all(
          ids.map(async (id) => {
            const { status, attempt, error } = await bench.ended(id);
            return { status, attempt, runs: scripts.get(id)?.runs, reason: error?.reason };
          }),
        );
        expect(ends).toEqual(
          cases.map(([script, maxAttempts]) => expectedEnd(script, maxAttempts)) as typeof ends,
        );
      },
    );
    await fc.assert(property, { numRuns: 25, endOnFailure: true });
  }, 60_000);
});
