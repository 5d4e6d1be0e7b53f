import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { retryFromStart } from './retryFromStart';

const setup = async () => {
  const state = { isBroken: true, attempts: [] as number[] };
  const task = defineTask({
    queueName: 'orders:flaky',
    schema: z.object({ n: z.number() }),
    handler: async ({ n }, { attempt }) => {
      state.attempts.push(attempt);
      return state.isBroken ? err(new TaskError('still broken')) : ok({ n });
    },
    options: { maxAttempts: 2 },
  });
  return { bench: await createTaskBench({ tasks: [task] }), task, state };
};

type Setup = Awaited<ReturnType<typeof setup>>;

const schedule = async ({ bench, task }: Setup) =>
  (await bench.scheduler.schedule(CorrelationId(), task, { n: 7 }))._unsafeUnwrap().id;

const retry = async ({ bench, task }: Setup, id: string) => {
  const queue = bench.queue(task);
  const job = await queue.getJob(id);
  if (job === undefined) throw new Error(`expected the job ${id} to be there`);
  await retryFromStart({ client: bench.redis, queue, job: { id, retry: job.retry.bind(job) } });
};

describe('retryFromStart', () => {
  it('gives a failed task all its attempts again, under its id', async () => {
    const parts = await setup();
    await using bench = parts.bench;
    await bench.startWorker();
    const id = await schedule(parts);
    await bench.reaches(id, 'failed');
    parts.state.isBroken = false;
    await retry(parts, id);

    expect(await bench.reaches(id, 'completed')).toMatchObject({ id, attempt: 1, value: { n: 7 } });
    expect(parts.state.attempts).toEqual([1, 2, 1]);
  });

  it('forgets the crashes of a task that caused too many', async () => {
    const parts = await setup();
    await using bench = parts.bench;
    const id = await schedule(parts);
    // What the stalled check writes when a worker dies: this process cannot die for it.
    await bench.redis.hset(bench.queue(parts.task).toKey(id), 'stc', '3');
    await bench.startWorker();
    expect((await bench.reaches(id, 'failed')).error?.code).toBe('crash-loop');
    parts.state.isBroken = false;
    await retry(parts, id);

    expect(await bench.reaches(id, 'completed')).toMatchObject({ attempt: 1, crashCount: 0 });
  });

  it('forgets a cancellation that came too late', async () => {
    const parts = await setup();
    await using bench = parts.bench;
    await bench.startWorker();
    const id = await schedule(parts);
    await bench.reaches(id, 'failed');
    const key = bench.queue(parts.task).toKey(id);
    await bench.redis.hset(key, { cancelRequestedAt: '1000', cancelReason: 'too late' });
    parts.state.isBroken = false;
    await retry(parts, id);

    expect(await bench.reaches(id, 'completed')).not.toHaveProperty('cancelRequestedAt');
  });

  it('forgets an earlier retry, so that a task that fails again is a new dead letter', async () => {
    const parts = await setup();
    await using bench = parts.bench;
    await bench.startWorker();
    const id = await schedule(parts);
    await bench.reaches(id, 'failed');
    const key = bench.queue(parts.task).toKey(id);
    await bench.redis.hset(key, { retriedAs: 'x', retriedAt: '5', retryClaimedAt: '5' });
    await retry(parts, id);
    await until(async () => parts.state.attempts.length === 4);
    await bench.reaches(id, 'failed');

    expect(await bench.redis.hmget(key, 'retriedAs', 'retriedAt', 'retryClaimedAt')).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('leaves the marks of a task alone that it cannot put back', async () => {
    const parts = await setup();
    await using bench = parts.bench;
    const id = await schedule(parts);
    const key = bench.queue(parts.task).toKey(id);
    await bench.redis.hset(key, { stc: '2' });
    await expect(retry(parts, id)).rejects.toThrow('is not in the failed state');

    expect(await bench.redis.hget(key, 'stc')).toBe('2');
  });

  it('rejects for a task that is not failed', async () => {
    const parts = await setup();
    await using bench = parts.bench;
    const id = await schedule(parts);

    await expect(retry(parts, id)).rejects.toThrow('is not in the failed state');
    expect((await bench.record(id)).status).toBe('pending');
  });
});
