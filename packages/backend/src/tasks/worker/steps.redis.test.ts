import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { createDeadLetterQueue } from '../deadLetters/DeadLetterQueue';
import { type TaskContext } from '../domain/TaskContext';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type TaskId } from '../domain/TaskId';
import { type TaskOptions } from '../domain/TaskOptions';
import { retryFromStart } from '../queue/retryFromStart';
import { createTaskBench } from './__fixtures__/TaskBench';

interface Run {
  /** 1 for the first run of any task of the test. */
  readonly run: number;
  readonly context: TaskContext;
  /** Does a step that leaves a line, and answers its name and the run that did it. */
  step(name: string): Promise<unknown>;
}

/** A task whose runs do what the test says, and a worker. */
const setup = async (
  handle: (run: Run) => Promise<unknown>,
  options: TaskOptions = {},
  env: Readonly<Record<string, string>> = {},
) => {
  const done: string[] = [];
  const keys: string[] = [];
  let runCount = 0;
  const task = defineTask({
    queueName: 'orders:pay',
    schema: z.object({}),
    handler: async (_payload, context) => {
      runCount += 1;
      const run = runCount;
      const step = (name: string) =>
        context.step(name, ({ idempotencyKey }) => {
          done.push(name);
          keys.push(`${name} ${idempotencyKey}`);
          return { name, run };
        });
      return ok(await handle({ run, context, step }));
    },
    options: { backoffMs: 0, ...options },
  });
  const bench = await createTaskBench({ tasks: [task], env });
  const parts = { tasks: [task], logger: bench.logger, appConfig: bench.appConfig };
  return {
    ...{ bench, task, done, keys },
    runs: () => runCount,
    deadLetters: createDeadLetterQueue(parts),
    jobKey: (id: TaskId) => bench.queue(task).toKey(id),
  };
};

const failOnce = async ({ run, step }: Run): Promise<unknown> => {
  const first = await step('charge');
  if (run === 1) throw new Error('the warehouse is closed');
  return [first, await step('ship')];
};

describe('a step', () => {
  it('that is finished is not done again by a retry, which gets its result', async () => {
    const { bench, task, done } = await setup(failOnce);
    await using _bench = bench;
    const id = await bench.schedule(task, {});
    await bench.startWorker();
    const { value, attempt, steps = [] } = await bench.ended(id);

    expect(done).toEqual(['charge', 'ship']);
    expect(value).toEqual([
      { name: 'charge', run: 1 },
      { name: 'ship', run: 2 },
    ]);
    expect(attempt).toBe(2);
    expect(steps).toEqual([
      { name: 'charge', place: 0, endedAt: expect.any(Date) },
      { name: 'ship', place: 1, endedAt: expect.any(Date) },
    ]);
    expect(Math.abs(Date.now() - (steps[0]?.endedAt.getTime() ?? 0))).toBeLessThan(60_000);
  });

  it('is logged at debug when it is not done again', async () => {
    const { bench, task } = await setup(failOnce);
    await using _bench = bench;
    await bench.startWorker();
    await bench.ended(await bench.schedule(task, {}));

    expect(
      bench.logger.debug.mock.calls.filter(([message]) => message.startsWith('A finished step')),
    ).toEqual([['A finished step is not done again', { step: 'charge' }]]);
  });

  it('leaves nothing in the record of a task without steps', async () => {
    const { bench, task } = await setup(async () => 1);
    await using _bench = bench;
    await bench.startWorker();

    expect(await bench.ended(await bench.schedule(task, {}))).not.toHaveProperty('steps');
  });

  it('may ask to run later from its work, without using an attempt', async () => {
    const { bench, task, done } = await setup(async ({ run, context, step }) => {
      await step('charge');
      return context.step('ship', () => {
        if (run === 1) throw TaskError.retryLater(10);
        return 'shipped';
      });
    });
    await using _bench = bench;
    await bench.startWorker();
    const { value, attempt } = await bench.ended(await bench.schedule(task, {}));

    expect([value, attempt, done]).toEqual(['shipped', 1, ['charge']]);
  });

  it('is kept when a stopping worker gives the task back', async () => {
    const { bench, task, done } = await setup(
      async ({ run, context, step }) => {
        await step('charge');
        if (run > 1) return 'shipped';
        return new Promise((_resolve, reject) =>
          context.signal.addEventListener('abort', () => reject(new Error('stopped'))),
        );
      },
      {},
      { WORKER_DRAIN_TIMEOUT_MS: '10' },
    );
    await using _bench = bench;
    const id = await bench.schedule(task, {});
    const first = await bench.startWorker();
    await until(async () => done.length === 1);
    await until(async () => ((await bench.record(id)).steps ?? []).length === 1);
    await first.stop();
    await bench.startWorker();

    expect(await bench.ended(id)).toMatchObject({ value: 'shipped', attempt: 1 });
    expect(done).toEqual(['charge']);
  });

  it('has its result before the attempt ends, also when another one fails beside it', async () => {
    const gate = Promise.withResolvers<string>();
    const { bench, task } = await setup(async ({ run, context }) => {
      const slow = context.step('slow', () => (run === 1 ? gate.promise : 'done twice'));
      const failing = context.step('failing', () => {
        if (run === 1) throw new Error('refused');
        return 'fine';
      });
      if (run === 1) setTimeout(() => gate.resolve('done once'), 50);
      return Promise.all([slow, failing]);
    });
    await using _bench = bench;
    await bench.startWorker();
    const { value, attempt } = await bench.ended(await bench.schedule(task, {}));

    expect([value, attempt]).toEqual([['done once', 'fine'], 2]);
  });

  it('ends the task when its result is too large', async () => {
    const { bench, task } = await setup(
      ({ context }) => context.step('read', () => 'x'.repeat(1023)),
      {},
      { TASK_MAX_RESULT_BYTES: '1024' },
    );
    await using _bench = bench;
    await bench.startWorker();
    const { error } = await bench.ended(await bench.schedule(task, {}));

    expect(error).toMatchObject({
      reason: 'fatal',
      attempt: 1,
      message:
        'the result of the step "read" cannot be stored: expected at most 1024 bytes of JSON, got 1025',
    });
  });

  it('says once when the steps of a task have changed', async () => {
    const { bench, task, done } = await setup(async ({ run, step }) => {
      if (run === 2) await step('check stock');
      const charged = await step('charge');
      if (run === 1) throw new Error('the warehouse is closed');
      return charged;
    });
    await using _bench = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    const { value, stepsChange } = await bench.ended(id);

    expect(value).toEqual({ name: 'charge', run: 1 });
    expect(done).toEqual(['charge', 'check stock']);
    expect(stepsChange).toEqual({
      kind: 'replaced',
      step: 'check stock',
      storedStep: 'charge',
      calledPlace: 0,
    });
    expect(bench.logger.warn.mock.calls.filter(([message]) => message.startsWith('The steps'))).toEqual([
      [
        'The steps of a task differ from those of an earlier attempt; each is found by its name',
        expect.objectContaining({
          kind: 'replaced',
          step: 'check stock',
          storedStep: 'charge',
          calledPlace: 0,
        }),
      ],
    ]);
  });

  it('is not begun once its attempt has timed out', async () => {
    let late: unknown;
    const { bench, task, done } = await setup(
      async ({ run, context, step }) => {
        if (run > 1) return step('charge');
        await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
        late = await step('charge').catch(({ code }) => code);
        return late;
      },
      { timeoutMs: 50 },
    );
    await using _bench = bench;
    await bench.startWorker();
    const { value } = await bench.ended(await bench.schedule(task, {}));

    expect([late, value, done]).toEqual(['timeout', { name: 'charge', run: 2 }, ['charge']]);
  });

  it('of a run whose task another worker has taken is not stored', async () => {
    const logger = getMockedLogger();
    const { bench, task, jobKey } = await setup(async ({ context }) =>
      context.step('charge', async () => {
        const lockKey = `${jobKey(context.taskId)}:lock`;
        await bench.redis.hincrby(jobKey(context.taskId), 'ats', 1);
        await bench.redis.set(lockKey, 'theirs', 'PX', 60_000);
        return 'charged here';
      }),
    );
    await using _bench = bench;
    const id = await bench.schedule(task, {});
    await bench.startWorker({ logger });
    await until(async () => logger.error.mock.calls.length > 0);

    expect(logger.error.mock.calls).toEqual([
      [
        'The work of a step is done, but its result could not be stored',
        expect.objectContaining({ code: 'crashed' }),
        { step: 'charge', idempotencyKey: expect.any(String) },
      ],
    ]);
    expect(await bench.redis.hexists(jobKey(id), 'steps')).toBe(0);
    expect((await bench.record(id)).status).toBe('running');
  });
});

describe('a retry', () => {
  const failUntilThird = async ({ run, step }: Run): Promise<unknown> => {
    const first = await step('charge');
    if (run < 3) throw TaskError.fatal('the warehouse is closed');
    return first;
  };

  it('of a dead letter keeps the finished steps and their keys, over a chain of retries', async () => {
    const { bench, task, done, keys, deadLetters } = await setup(async (run) => {
      await failUntilThird(run);
      return run.step('ship');
    });
    await using _bench = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await bench.ended(id);
    const second = (await deadLetters.retry(id))._unsafeUnwrap();
    await bench.ended(second);
    expect((await deadLetters.retryAll())._unsafeUnwrap()).toEqual({ retriedCount: 1, skippedCount: 1 });
    const third = (await bench.record(second)).retriedAs;
    if (third === undefined) throw new Error('expected a third task, got none');
    const { value, steps = [] } = await bench.ended(third);

    expect(done).toEqual(['charge', 'ship']);
    expect(value).toEqual({ name: 'ship', run: 3 });
    expect(steps.map(({ name, place }) => [name, place])).toEqual([
      ['charge', 0],
      ['ship', 1],
    ]);
    expect(new Set(keys).size).toBe(2);
  });

  it('gives a step that was not finished the key that it had', async () => {
    const { bench, task, keys } = await setup(async ({ run, context }) =>
      context.step('charge', ({ idempotencyKey }) => {
        keys.push(idempotencyKey);
        if (run === 1) throw TaskError.fatal('the answer was lost');
        return 1;
      }),
    );
    await using _bench = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await bench.ended(id);
    await bench.ended((await bench.inspector.retry(id))._unsafeUnwrap());

    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
  });

  it('of a task that was cancelled while it ran keeps the steps that it had', async () => {
    const { bench, task, done } = await setup(async ({ run, context, step }) => {
      await step('charge');
      if (run === 1) await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
      return step('ship');
    });
    await using _bench = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await until(async () => ((await bench.record(id)).steps ?? []).length === 1);
    (await bench.inspector.cancel(id))._unsafeUnwrap();
    expect((await bench.ended(id)).status).toBe('cancelled');
    const again = (await bench.inspector.retry(id))._unsafeUnwrap();
    await bench.reaches(again, 'completed');

    expect(done).toEqual(['charge', 'ship']);
  });

  it('does the steps again, with new keys, when it is asked to', async () => {
    const { bench, task, done, keys } = await setup(failUntilThird);
    await using _bench = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    await bench.ended(id);
    const again = (await bench.inspector.retry(id, { steps: 'again' }))._unsafeUnwrap();
    await bench.ended(again);

    expect(done).toEqual(['charge', 'charge']);
    expect(new Set(keys).size).toBe(2);
  });

  it('keeps the steps though the old task is deleted before the new one runs', async () => {
    const { bench, task, done, deadLetters } = await setup(failUntilThird);
    await using _bench = bench;
    const worker = await bench.startWorker();
    const id = await bench.schedule(task, {});
    await bench.ended(id);
    await worker.stop();
    const second = (await deadLetters.retry(id))._unsafeUnwrap();
    expect((await deadLetters.purge(0))._unsafeUnwrap()).toBe(1);
    await bench.startWorker();
    await bench.ended(second);

    expect(done).toEqual(['charge']);
  });

  it('from the board keeps the steps of the task', async () => {
    const { bench, task, done } = await setup(failUntilThird);
    await using _bench = bench;
    await bench.startWorker();
    const id = await bench.schedule(task, {});
    for (const _time of [1, 2]) {
      await bench.reaches(id, 'failed');
      const queue = bench.queue(task);
      const job = await queue.getJob(id);
      if (job === undefined) throw new Error('expected the task, got none');
      await retryFromStart({ client: bench.redis, queue, job: { id, retry: job.retry.bind(job) } });
    }

    expect((await bench.reaches(id, 'completed')).value).toEqual({ name: 'charge', run: 1 });
    expect(done).toEqual(['charge']);
  });

  it.each([
    ['before it had put the task on the queue', false],
    ['after that', true],
  ])('goes on where a call died, %s, with the steps', async (_when, isOnQueue) => {
    const { bench, task, done, jobKey } = await setup(failUntilThird);
    await using _bench = bench;
    const worker = await bench.startWorker();
    const id = await bench.schedule(task, {});
    await bench.ended(id);
    await worker.stop();
    const first = (await bench.inspector.retry(id))._unsafeUnwrap();
    if (!isOnQueue) {
      await bench.redis.del(jobKey(first));
      await bench.redis.zrem(jobKey('prioritized' as TaskId), first);
    }
    await bench.redis.hdel(jobKey(id), 'retriedAt');
    const again = (await bench.inspector.retry(id))._unsafeUnwrap();
    await bench.startWorker();
    const { steps = [] } = await bench.ended(again);

    expect(again).toBe(first);
    expect([done, steps.length]).toEqual([['charge'], 1]);
  });

  it('leaves a task alone that is on the queue for a call which asked for something else', async () => {
    const { bench, task, jobKey } = await setup(failUntilThird);
    await using _bench = bench;
    const worker = await bench.startWorker();
    const id = await bench.schedule(task, {});
    await bench.ended(id);
    await worker.stop();
    const first = (await bench.inspector.retry(id, { steps: 'again' }))._unsafeUnwrap();
    await bench.redis.hdel(jobKey(id), 'retriedAt'); // that call died before it could say so

    expect((await bench.inspector.retry(id))._unsafeUnwrap()).toBe(first);
    expect(await bench.record(first)).not.toHaveProperty('steps');
  });

  it('refuses another word for what becomes of the steps', async () => {
    const { bench, task, deadLetters } = await setup(failUntilThird);
    await using _bench = bench;
    const id = await bench.schedule(task, {});
    const options = { steps: 'some' as 'keep' };
    const refusals = [
      await bench.inspector.retry(id, options),
      await deadLetters.retry(id, options),
      await deadLetters.retryAll(options),
    ].map((answer) => answer._unsafeUnwrapErr());

    expect(refusals.map(({ code, message }) => `${code}: ${message}`)).toEqual(
      Array.from({ length: 3 }, () => 'invalid-query: expected steps to be "keep" or "again", got "some"'),
    );
  });

  it('does not take steps that a handler has failed for', async () => {
    const { bench, task, done } = await setup(async ({ run, context }) => {
      const charged = await context.step('charge', () => {
        done.push(`charge ${run}`);
        return run === 1 ? err(new TaskError('refused')) : ok('charged');
      });
      if (charged.isErr()) throw charged.error;
      return charged.value;
    });
    await using _bench = bench;
    await bench.startWorker();

    expect((await bench.ended(await bench.schedule(task, {}))).value).toBe('charged');
    expect(done).toEqual(['charge 1', 'charge 2']);
  });
});
