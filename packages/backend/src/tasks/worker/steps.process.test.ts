import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type TaskId } from '../domain/TaskId';
import { stepsTask } from './__fixtures__/fixtureTasks';
import {
  createWorkerBench,
  type Evidence,
  type WorkerBench,
  type WorkerProcess,
} from './__fixtures__/WorkerBench';

const LOCK_MS = 500;
const STEPS = 5;

const setup = () =>
  createWorkerBench({
    WORKER_LOCK_MS: String(LOCK_MS),
    WORKER_STALLED_INTERVAL_MS: '100',
    TASK_MAX_CRASHES: '1000',
  });

const schedule = async ({ scheduler }: WorkerBench, payload: { n: number; ms: number }) =>
  (await scheduler.schedule(CorrelationId(), stepsTask, { ...payload, count: STEPS }))._unsafeUnwrap().id;

const record = async ({ inspector }: WorkerBench, id: TaskId) =>
  (await inspector.getTask(id))._unsafeUnwrap();

const completes = (bench: WorkerBench, id: TaskId) =>
  until(async () => (await record(bench, id)).status === 'completed', 20_000);

const linesOf = async (bench: WorkerBench, id: TaskId): Promise<readonly Evidence[]> =>
  (await bench.evidence()).filter(({ taskId }) => taskId === id);

/** What went wrong with the steps of one task: begun or ended again after Redis had them, or begun too often. */
const findFaults = (lines: readonly Evidence[], crashCount: number): readonly string[] => {
  const stepsWith = (event: Evidence['event']) =>
    lines.flatMap((line, index) => (line.event === event ? [{ step: line.step, index }] : []));
  const repeated = stepsWith('confirmed').flatMap(({ step, index }) =>
    lines
      .slice(index + 1)
      .filter((line) => line.step === step && line.event !== 'confirmed')
      .map((line) => `step ${line.step} has the line ${line.event} after it was confirmed`),
  );
  const extraStarts = stepsWith('start').length - STEPS;
  return extraStarts > crashCount
    ? [...repeated, `${extraStarts} steps were begun again after ${crashCount} crashes`]
    : repeated;
};

/** The same moments in every run of the test: lines of evidence to wait for, from 0 to 13, and then milliseconds. */
const momentsOf = (count: number): readonly { readonly lineCount: number; readonly ms: number }[] =>
  Array.from({ length: count }, (_, round) => ({ lineCount: 1 + ((round * 9) % 14), ms: (round * 7) % 23 }));

describe('a worker process that is killed between steps', () => {
  it('costs one step at most, 20 times, and none that was confirmed', async () => {
    await using bench = await setup();
    const ids: TaskId[] = [];
    const workers: WorkerProcess[] = [await bench.startWorker()];
    for (const [n, { lineCount, ms }] of momentsOf(20).entries()) {
      const id = await schedule(bench, { n, ms: 20 });
      ids.push(id);
      const replacement = bench.spawnWorker();
      workers.push(replacement);
      await until(async () => (await linesOf(bench, id)).length >= lineCount);
      await Bun.sleep(ms); // the very thing under test: some moment of the task
      const { pid } = (await linesOf(bench, id)).at(-1) ?? {};
      const victim = workers.find((worker) => worker.pid === pid);
      victim?.kill('SIGKILL');
      await victim?.exited;
      await until(async () => (await replacement.output()).includes('Worker is running'));
    }
    for (const id of ids) await completes(bench, id);

    const faults = await Promise.all(
      ids.map(async (id) => findFaults(await linesOf(bench, id), (await record(bench, id)).crashCount)),
    );
    expect(faults.flat()).toEqual([]);
    const records = await Promise.all(ids.map((id) => record(bench, id)));
    expect(records.map(({ steps = [] }) => steps.length)).toEqual(records.map(() => STEPS));
    expect(records.filter(({ crashCount }) => crashCount > 0).length).toBeGreaterThan(10);
  }, 120_000);
});

describe('a worker process that is suspended for longer than its lock', () => {
  it('begins no further step of a task that another worker has taken', async () => {
    await using bench = await setup();
    const suspended = await bench.startWorker();
    const id = await schedule(bench, { n: 1, ms: 300 });
    await until(async () => (await linesOf(bench, id)).length === 4); // the second step runs
    suspended.kill('SIGSTOP');
    await bench.startWorker();
    await completes(bench, id);
    suspended.kill('SIGCONT');
    await until(async () => (await suspended.output()).includes('its result could not be stored'));

    const late = (await linesOf(bench, id)).filter(({ pid }) => pid === suspended.pid);
    expect(late.map(({ event, step }) => `${event} ${step}`)).toEqual([
      'start 0',
      'end 0',
      'confirmed 0',
      'start 1',
      'end 1',
    ]);
    expect((await record(bench, id)).value).toHaveLength(STEPS);
  }, 60_000);
});

describe('a Redis that is gone when a step ends', () => {
  it('has its result once it is back, and the step is not done again', async () => {
    await using bench = await setup();
    await bench.startWorker();
    const id = await schedule(bench, { n: 1, ms: 300 });
    await until(async () => (await linesOf(bench, id)).length === 4);
    process.kill(bench.redis().pid ?? 0, 'SIGKILL');
    await until(async () => (await linesOf(bench, id)).length === 5); // the second step has ended
    await Bun.sleep(300); // the very thing under test: it is not over before Redis has its result
    expect(await linesOf(bench, id)).toHaveLength(5);
    await bench.restartRedis();
    await completes(bench, id);

    const lines = (await linesOf(bench, id)).map(({ event, step }) => `${event} ${step}`);
    expect(lines).toEqual(
      Array.from({ length: STEPS }, (_, step) => [
        `start ${step}`,
        `end ${step}`,
        `confirmed ${step}`,
      ]).flat(),
    );
  }, 60_000);
});
