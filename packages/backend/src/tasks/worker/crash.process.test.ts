import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { recordTask, strayTask, stuckTask } from './__fixtures__/fixtureTasks';
import {
  BENCH_LOCK_MS,
  BENCH_STALLED_INTERVAL_MS,
  createWorkerBench,
  type WorkerBench,
} from './__fixtures__/WorkerBench';

/** What docs/lifecycle.md promises for the tasks of a killed worker: lock + 2 x interval + 1 s; milliseconds. */
const RECOVERY_MS = BENCH_LOCK_MS + 2 * BENCH_STALLED_INTERVAL_MS + 1000;

const schedule = async ({ scheduler }: WorkerBench, n: number, ms: number) =>
  (await scheduler.schedule(CorrelationId(), recordTask, { n, ms }))._unsafeUnwrap();

const count = async (bench: WorkerBench, name = recordTask.queueName) =>
  (await bench.inspector.getQueueDepth(name))._unsafeUnwrap();

describe('a worker process', () => {
  it('that is killed during 100 running tasks loses none of them', async () => {
    await using bench = await createWorkerBench({ WORKER_CONCURRENCY: '100' });
    const worker = await bench.startWorker();
    await Promise.all(Array.from({ length: 100 }, (_, n) => schedule(bench, n, 400)));
    await until(async () => (await count(bench)).running === 100);
    worker.kill('SIGKILL');
    await worker.exited;

    await bench.startWorker();
    const restartedAtMs = performance.now();
    await until(async () => (await count(bench)).completed === 100, RECOVERY_MS + 400 + 3000);
    const evidence = await bench.evidence();
    const recovered = evidence.filter(({ event, pid }) => event === 'start' && pid !== worker.pid);

    expect(performance.now() - restartedAtMs).toBeLessThan(RECOVERY_MS + 400 + 1000);
    expect(new Set(recovered.map(({ n }) => n)).size).toBe(100);
    expect(recovered.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 100 }, () => 2));
  }, 60_000);

  it('that stops gives tasks that never end back, and another runs them with no attempt used', async () => {
    await using bench = await createWorkerBench({ WORKER_DRAIN_TIMEOUT_MS: '500' });
    const stuck = await bench.startWorker({ STUCK: '1' });
    const { scheduler } = bench;
    for (const n of [1, 2, 3]) {
      (await scheduler.schedule(CorrelationId(), stuckTask, { n }))._unsafeUnwrap();
    }
    await until(async () => (await count(bench, stuckTask.queueName)).running === 3);

    const stoppedAtMs = performance.now();
    stuck.kill('SIGTERM');
    const code = await stuck.exited;
    const stoppedInMs = performance.now() - stoppedAtMs;
    await bench.startWorker({ STUCK: '0' });
    await until(async () => (await count(bench, stuckTask.queueName)).completed === 3);

    expect(code).toBe(0);
    expect(stoppedInMs).toBeLessThan(500 + 2000);
    const ends = (await bench.evidence()).filter(({ event }) => event === 'end');
    expect(ends.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
  }, 60_000);

  it('that stops under load finishes what runs and loses nothing', async () => {
    await using bench = await createWorkerBench();
    const worker = await bench.startWorker();
    await Promise.all(Array.from({ length: 200 }, (_, n) => schedule(bench, n, 20)));
    await until(async () => (await count(bench)).completed > 20);
    worker.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
    expect((await count(bench)).running).toBe(0);

    await bench.startWorker();
    await until(async () => (await count(bench)).completed === 200);
    const ends = (await bench.evidence()).filter(({ event }) => event === 'end');
    expect(ends.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 200 }, (_, n) => n),
    );
  }, 60_000);

  it('exits at once at the second request to stop', async () => {
    await using bench = await createWorkerBench({ WORKER_DRAIN_TIMEOUT_MS: '60000' });
    const worker = await bench.startWorker({ STUCK: '1' });
    (await bench.scheduler.schedule(CorrelationId(), stuckTask, { n: 1 }))._unsafeUnwrap();
    await until(async () => (await bench.evidence()).length === 1);
    worker.kill('SIGTERM');
    await until(async () => (await worker.output()).includes('Stopping'));
    worker.kill('SIGTERM');
    expect(await worker.exited).toBe(1);
  }, 30_000);

  it('survives handlers that throw from timers and drop rejected promises', async () => {
    await using bench = await createWorkerBench();
    const worker = await bench.startWorker();
    (await bench.scheduler.schedule(CorrelationId(), strayTask, { n: 1 }))._unsafeUnwrap();
    await until(async () => (await count(bench, strayTask.queueName)).completed === 1);
    await schedule(bench, 2, 1);
    await until(async () => (await count(bench)).completed === 1);
    const output = await worker.output();
    expect(output).toContain('thrown from a timer');
    expect(output).toContain('a dropped promise');
    expect(output).toContain('fixture:stray');
  }, 30_000);
});

describe('Redis', () => {
  it('that is killed and restarted under load loses nothing it has acknowledged', async () => {
    await using bench = await createWorkerBench();
    await bench.startWorker();
    const acknowledged: number[] = [];
    const load = (async () => {
      for (let n = 0; n < 600; n += 1) {
        const scheduled = await bench.scheduler.schedule(CorrelationId(), recordTask, { n, ms: 5 });
        if (scheduled.isOk()) acknowledged.push(n);
      }
    })();
    await until(async () => acknowledged.length > 100);
    process.kill(bench.redis().pid ?? 0, 'SIGKILL');
    await bench.restartRedis();
    await load;

    // Not by the count of completed tasks: those whose acknowledgement was lost are among them.
    const findLost = async () => {
      const ends = (await bench.evidence()).filter(({ event }) => event === 'end');
      const ended = new Set(ends.map(({ n }) => n));
      return acknowledged.filter((n) => !ended.has(n));
    };
    await until(async () => (await findLost()).length === 0, 60_000).catch(() => undefined); // shown below
    expect(await findLost()).toEqual([]);
  }, 120_000);

  it('that is gone does not keep a worker from stopping', async () => {
    await using bench = await createWorkerBench({ WORKER_DRAIN_TIMEOUT_MS: '500' });
    const busy = await bench.startWorker({ STUCK: '1' });
    (await bench.scheduler.schedule(CorrelationId(), stuckTask, { n: 1 }))._unsafeUnwrap();
    await until(async () => (await count(bench, stuckTask.queueName)).running === 1);
    process.kill(bench.redis().pid ?? 0, 'SIGKILL');
    const neverUp = bench.spawnWorker();
    await until(async () => (await neverUp.output()).includes('Redis is not reachable'));

    const stoppedAtMs = performance.now();
    busy.kill('SIGTERM');
    neverUp.kill('SIGTERM');
    expect(await Promise.all([busy.exited, neverUp.exited])).toEqual([0, 0]);
    expect(performance.now() - stoppedAtMs).toBeLessThan(500 + 2000);
  }, 60_000);
});
