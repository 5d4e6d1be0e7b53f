import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { chainTask, recordTask } from './__fixtures__/fixtureTasks';
import { createWorkerBench, type WorkerBench } from './__fixtures__/WorkerBench';

const countOf = async ({ inspector }: WorkerBench, name: string) =>
  (await inspector.getQueueDepth(name))._unsafeUnwrap();

describe('a chain', () => {
  it('whose worker is killed in its middle goes on in another, and finished children run once', async () => {
    await using bench = await createWorkerBench({ WORKER_CONCURRENCY: '1' });
    const first = await bench.startWorker();
    const scheduled = await bench.scheduler.schedule(CorrelationId(), chainTask, { ms: 300 });
    const { id } = scheduled._unsafeUnwrap();
    await until(async () => (await countOf(bench, recordTask.queueName)).completed === 1);
    // Running is not enough: the handler begins a moment later.
    await until(async () => (await bench.evidence()).some(({ event, n }) => event === 'start' && n === 2));
    first.kill('SIGKILL');
    await first.exited;
    await bench.startWorker();
    await until(async () => (await countOf(bench, chainTask.queueName)).completed === 1, 20_000);
    const evidence = await bench.evidence();
    const countEvents = (event: string, n: number) =>
      evidence.filter((line) => line.event === event && line.n === n).length;
    const record = (await bench.inspector.getTask(id))._unsafeUnwrap();

    expect(record).toMatchObject({ status: 'completed', value: { parts: 3 }, attempt: 2 });
    expect([1, 2, 3].map((n) => countEvents('end', n))).toEqual([1, 1, 1]);
    // Of the three only the one that ran at the kill began twice.
    expect([0, 1, 2, 3].map((n) => countEvents('start', n))).toEqual([2, 1, 2, 1]);
  }, 60_000);

  it('waits in one process for children that another runs', async () => {
    await using bench = await createWorkerBench({ WORKER_CONCURRENCY: '2' });
    await Promise.all([bench.startWorker(), bench.startWorker()]);
    const ids = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const scheduled = await bench.scheduler.schedule(CorrelationId(), chainTask, { ms: 20 });
        return scheduled._unsafeUnwrap().id;
      }),
    );
    await until(async () => (await countOf(bench, chainTask.queueName)).completed === 6, 20_000);
    const evidence = await bench.evidence();
    const pids = new Set(evidence.filter(({ n }) => n > 0).map(({ pid }) => pid));

    expect(evidence.filter(({ event, n }) => event === 'end' && n > 0)).toHaveLength(18);
    expect([ids.length, pids.size]).toEqual([6, 2]);
  }, 60_000);
});
