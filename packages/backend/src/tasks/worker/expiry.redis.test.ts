import { describe, expect, it } from 'bun:test';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createTaskBench } from './__fixtures__/TaskBench';

const EXPIRES_IN_MS = 100;

/** A task that acts differently in its first run; `runCount` says how often it was run. */
const setup = async (firstRun: (signal: AbortSignal) => unknown) => {
  const state = { runCount: 0 };
  const task = defineTask({
    queueName: 'test:expiring',
    schema: z.object({}),
    handler: async (_payload, { signal }) => {
      state.runCount += 1;
      if (state.runCount === 1) await firstRun(signal);
      return ok();
    },
  });
  const bench = await createTaskBench({ tasks: [task], env: { WORKER_DRAIN_TIMEOUT_MS: '50' } });
  const add = () => bench.schedule(task, {}, { expiresInMs: EXPIRES_IN_MS });
  return { bench, state, add, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
};

const becomesOld = () => Bun.sleep(EXPIRES_IN_MS + 20); // the time that it has is over

describe('a task that expires', () => {
  it('is failed unrun by the worker that comes too late', async () => {
    await using test = await setup(() => undefined);
    const id = await test.add();
    await becomesOld();
    await test.bench.startWorker();

    expect(await test.bench.ended(id)).toMatchObject({
      status: 'failed',
      attempt: 0,
      error: { code: 'expired', reason: 'expired' },
    });
    expect(test.state.runCount).toBe(0);
    expect(test.bench.messages(id)).toEqual(['Task failed for good']);
  });

  it('goes on when it began in time and asked to run later', async () => {
    const task = defineTask({
      queueName: 'test:snoozing',
      schema: z.object({}),
      handler: async (_payload, { scheduledAt }) =>
        Date.now() < scheduledAt.getTime() + 2 * EXPIRES_IN_MS
          ? err(TaskError.retryLater(3 * EXPIRES_IN_MS))
          : ok(),
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const id = await bench.schedule(task, {}, { expiresInMs: EXPIRES_IN_MS });

    expect(await bench.ended(id)).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it('goes on when it began in time and its worker stopped', async () => {
    const begun = Promise.withResolvers<void>();
    await using test = await setup(() => {
      begun.resolve();
      return new Promise(() => undefined);
    });
    const first = await test.bench.startWorker();
    const id = await test.add();
    await begun.promise;
    await becomesOld();
    await first.stop();
    await test.bench.startWorker();

    expect(await test.bench.ended(id)).toMatchObject({ status: 'completed', attempt: 1 });
    expect(test.state.runCount).toBe(2);
  });
});
