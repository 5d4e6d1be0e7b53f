import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskBench, loggedLines } from './__fixtures__/TaskBench';

const schema = z.object({});
const TIMEOUT = 'the handler took longer than timeoutMs (40 ms)';

describe('a handler that outlives timeoutMs', () => {
  it('has its signal aborted with the reason, and what it still returns does not count', async () => {
    const reasons: unknown[] = [];
    const task = defineTask({
      queueName: 'test:obedient',
      schema,
      handler: async (_payload, { signal }) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => resolve());
        await promise;
        reasons.push(signal.reason);
        return ok('too late');
      },
      options: { timeoutMs: 40, maxAttempts: 2 },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const id = await bench.schedule(task, {});

    expect(await bench.ended(id)).toMatchObject({
      status: 'failed',
      attempt: 2,
      error: { message: TIMEOUT, code: 'timeout', reason: 'timeout', attempt: 2 },
    });
    expect(reasons).toEqual([
      expect.objectContaining({ code: 'timeout', message: TIMEOUT }),
      expect.objectContaining({ code: 'timeout', message: TIMEOUT }),
    ]);
    expect(bench.messages(id)).toEqual([
      'Task failed an attempt and will be retried',
      'Task failed for good',
    ]);
  });

  it('and ignores its signal is named, frees its slot, and cannot change its task later', async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const stubborn = defineTask({
      queueName: 'test:stubborn',
      schema: z.object({ isStuck: z.boolean() }),
      handler: async ({ isStuck }) => {
        if (isStuck) await release;
        return ok('done');
      },
      options: { timeoutMs: 40, maxAttempts: 1 },
    });
    await using bench = await createTaskBench({ tasks: [stubborn], env: { TASK_TIMEOUT_GRACE_MS: '40' } });
    const worker = await bench.startWorker({ concurrency: 1 });
    const stuck = await bench.schedule(stubborn, { isStuck: true });
    const next = await bench.schedule(stubborn, { isStuck: false });

    const failed = await bench.ended(stuck);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'timeout', reason: 'timeout' } });
    expect(await bench.ended(next)).toMatchObject({ status: 'completed', value: 'done' });
    expect(worker.getStats()).toMatchObject({ activeTasks: 0, processedCount: 2, failedCount: 1 });
    resolve();
    await until(async () => bench.messages(stuck).some((message) => message.includes('discarded')));

    expect(await bench.record(stuck)).toEqual(failed);
    const lines = loggedLines(bench.logger).filter(({ meta }) => meta['taskId'] === stuck);
    expect(lines.map(({ message, meta }) => [message, meta['taskName'], meta['reason']])).toEqual([
      ['A handler ignores its abort signal; it goes on without its task', 'test:stubborn', 'timeout'],
      ['Task failed for good', 'test:stubborn', 'timeout'],
      ['A handler ended after its task was settled; its result is discarded', 'test:stubborn', 'timeout'],
    ]);
  });

  it('of the call ends under the timeout of the call', async () => {
    const task = defineTask({
      queueName: 'test:obedient',
      schema,
      handler: async (_payload, { signal }) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => resolve());
        await promise;
        return ok();
      },
      options: { timeoutMs: 60_000 },
    });
    await using bench = await createTaskBench({ tasks: [task] });
    await bench.startWorker();
    const id = await bench.schedule(task, {}, { timeoutMs: 40, maxAttempts: 1 });

    expect(await bench.ended(id)).toMatchObject({
      error: { message: TIMEOUT, reason: 'timeout', attempt: 1 },
    });
  });
});
