import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type TaskId } from '../domain/TaskId';
import { recordTask } from '../worker/__fixtures__/fixtureTasks';
import { createWorkerBench } from '../worker/__fixtures__/WorkerBench';

const EVERY_MS = 1000;
const ROUNDS = 6;

/** The time inside a run's id is that of its tick. */
const tickMsOf = (id: TaskId): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

const isGapless = (ticks: readonly number[]): boolean =>
  ticks.every((tick, index) => tick === (ticks[0] ?? 0) + index * EVERY_MS);

describe('a recurring schedule', () => {
  it('starts one run for each tick while workers are killed one after the other', async () => {
    await using bench = await createWorkerBench();
    const workers = await Promise.all([bench.startWorker(), bench.startWorker(), bench.startWorker()]);
    const options = { id: 'every-second' };
    const timing = { everyMs: EVERY_MS };
    const payload = { n: 1, ms: 0 };
    await bench.scheduler.scheduleRecurring(CorrelationId(), recordTask, payload, timing, options);
    const listTicks = async () =>
      (await bench.inspector.getTasks({ name: recordTask.queueName }))
        ._unsafeUnwrap()
        .tasks.map(({ id }) => tickMsOf(id))
        .toSorted();

    for (let round = 1; round <= ROUNDS; round += 1) {
      await until(async () => (await listTicks()).length >= 2 * round - 1);
      workers.shift()?.kill('SIGKILL');
      workers.push(await bench.startWorker());
    }
    // What a worker was killed over is started again after 10 s; a tick that was lost, or came twice, stays so.
    await until(async () => isGapless(await listTicks()), 20_000);

    expect((await listTicks()).length).toBeGreaterThan(2 * ROUNDS - 2);
    const ended = (await bench.evidence()).filter(({ event }) => event === 'end');
    expect(new Set(ended.map(({ taskId }) => taskId)).size).toBeGreaterThan(2 * ROUNDS - 3);
  }, 90_000);
});
