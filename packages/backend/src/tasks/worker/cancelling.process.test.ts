import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type TaskId } from '../domain/TaskId';
import { abortableTask } from './__fixtures__/fixtureTasks';
import { createWorkerBench, type WorkerBench } from './__fixtures__/WorkerBench';

const schedule = async ({ scheduler }: WorkerBench, isDeaf = false): Promise<TaskId> =>
  (await scheduler.schedule(CorrelationId(), abortableTask, { n: 1, isDeaf }))._unsafeUnwrap().id;

const cancel = async ({ inspector }: WorkerBench, id: TaskId) =>
  (await inspector.cancel(id, 'no longer wanted'))._unsafeUnwrap();

const record = async ({ inspector }: WorkerBench, id: TaskId) =>
  (await inspector.getTask(id))._unsafeUnwrap();

const isCancelled = async (bench: WorkerBench, id: TaskId) =>
  (await record(bench, id)).status === 'cancelled';

const events = async (bench: WorkerBench) =>
  (await bench.evidence()).map(({ event, pid, taskId }) => [event, pid, taskId]);

const begun = (bench: WorkerBench, count: number) =>
  until(async () => (await bench.evidence()).filter(({ event }) => event === 'start').length === count);

describe('cancelling a task that runs in another process', () => {
  it('aborts it there, whichever of two workers has it, and nothing else', async () => {
    await using bench = await createWorkerBench();
    const workers = [
      await bench.startWorker({ WORKER_CONCURRENCY: '1' }),
      await bench.startWorker({ WORKER_CONCURRENCY: '1' }),
    ];
    const ids = [await schedule(bench), await schedule(bench)];
    await begun(bench, 2);
    const starts = await bench.evidence();
    const [first, second] = ids as [TaskId, TaskId]; // just scheduled
    await cancel(bench, first);
    await until(() => isCancelled(bench, first));
    const other = await record(bench, second);
    await cancel(bench, second);
    await until(() => isCancelled(bench, second));

    expect(other.status).toBe('running');
    expect(new Set(starts.map(({ pid }) => pid))).toEqual(new Set(workers.map(({ pid }) => pid)));
    const pidOf = (id: TaskId) => starts.find(({ taskId }) => taskId === id)?.pid ?? 0;
    expect((await events(bench)).slice(2)).toEqual(ids.map((id) => ['abort', pidOf(id), id]));
    expect(await record(bench, first)).toMatchObject({ attempt: 1, cancelReason: 'no longer wanted' });
  }, 30_000);

  it('ends it unrun when its worker is killed before it heard', async () => {
    await using bench = await createWorkerBench({ TASK_TIMEOUT_GRACE_MS: '60000' });
    const worker = await bench.startWorker();
    const id = await schedule(bench, true);
    await begun(bench, 1);
    expect((await cancel(bench, id)).status).toBe('running');
    worker.kill('SIGKILL');
    await worker.exited;
    await bench.startWorker();
    await until(() => isCancelled(bench, id));

    expect(await events(bench)).toEqual([['start', worker.pid, id]]);
    expect(await record(bench, id)).toMatchObject({
      attempt: 1,
      crashCount: 1,
      cancelReason: 'no longer wanted',
    });
  }, 30_000);

  it('is heard of by a worker that was away while Redis was restarted', async () => {
    await using bench = await createWorkerBench({
      WORKER_LOCK_MS: '20000',
      WORKER_STALLED_INTERVAL_MS: '10000', // no look but that after the reconnection can hear of it in time
    });
    const worker = await bench.startWorker();
    const id = await schedule(bench);
    await begun(bench, 1);
    worker.kill('SIGSTOP');
    // Without its subscription the call itself cannot wait for the worker in a buffer.
    const redis = new Bun.RedisClient(bench.redis().url);
    await redis.send('CLIENT', ['KILL', 'TYPE', 'PUBSUB']);
    redis.close();
    expect((await cancel(bench, id)).status).toBe('running');
    process.kill(bench.redis().pid ?? 0, 'SIGKILL');
    await bench.restartRedis();
    worker.kill('SIGCONT');
    await until(() => isCancelled(bench, id).catch(() => false), 8000);

    expect(await events(bench)).toEqual([
      ['start', worker.pid, id],
      ['abort', worker.pid, id],
    ]);
  }, 30_000);

  it('is heard by a worker that drains, before its time is over', async () => {
    await using bench = await createWorkerBench({ WORKER_DRAIN_TIMEOUT_MS: '20000' });
    const worker = await bench.startWorker();
    const id = await schedule(bench);
    await begun(bench, 1);
    worker.kill('SIGTERM');
    await until(async () => (await worker.output()).includes('Stopping'));
    await cancel(bench, id);

    expect(await worker.exited).toBe(0);
    expect((await record(bench, id)).status).toBe('cancelled');
  }, 30_000);
});
