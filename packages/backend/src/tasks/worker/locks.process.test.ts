import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { type TaskId } from '../domain/TaskId';
import { killerTask, slowTask } from './__fixtures__/fixtureTasks';
import { createWorkerBench, type WorkerBench } from './__fixtures__/WorkerBench';

const LOCK_MS = 500;

const setup = () => createWorkerBench({ WORKER_LOCK_MS: String(LOCK_MS), WORKER_STALLED_INTERVAL_MS: '200' });

const scheduleSlow = async ({ scheduler }: WorkerBench, fields: { ms: number; isFailing?: boolean }) =>
  (await scheduler.schedule(CorrelationId(), slowTask, { n: 1, isFailing: false, ...fields }))._unsafeUnwrap()
    .id;

const scheduleKiller = async ({ scheduler }: WorkerBench, options: ScheduleOptions = {}) =>
  (await scheduler.schedule(CorrelationId(), killerTask, { n: 1 }, options))._unsafeUnwrap().id;

const record = async ({ inspector }: WorkerBench, id: TaskId) =>
  (await inspector.getTask(id))._unsafeUnwrap();

const reaches = (bench: WorkerBench, id: TaskId, status: string) =>
  until(async () => (await record(bench, id)).status === status);

const events = async (bench: WorkerBench) =>
  (await bench.evidence()).map(({ event, pid, attempt }) => [event, pid, attempt]);

describe('a worker process that is suspended for longer than its lock', () => {
  it('cannot overwrite what another worker has settled meanwhile', async () => {
    await using bench = await setup();
    const suspended = await bench.startWorker({ SLOW: '1' });
    const id = await scheduleSlow(bench, { ms: 200 });
    await reaches(bench, id, 'running');
    await until(async () => (await events(bench)).length === 1);
    suspended.kill('SIGSTOP');
    const other = await bench.startWorker();
    await reaches(bench, id, 'completed');
    const settled = await record(bench, id);

    suspended.kill('SIGCONT');
    await until(async () => (await suspended.output()).includes('lost its lock; its result is discarded'));
    expect(settled).toMatchObject({ value: { pid: other.pid }, attempt: 2, crashCount: 1 });
    expect(await record(bench, id)).toEqual(settled);
    expect(await events(bench)).toEqual([
      ['start', suspended.pid, 1],
      ['start', other.pid, 2],
      ['end', other.pid, 2],
      ['end', suspended.pid, 1],
    ]);
  }, 30_000);
});

describe('Redis that is suspended for longer than the lock', () => {
  const suspendRedis = async (bench: WorkerBench): Promise<void> => {
    const pid = bench.redis().pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await Bun.sleep(2 * LOCK_MS); // the very thing under test: that much time goes by
    process.kill(pid, 'SIGCONT');
  };

  it('does not let its only worker start a task again that still runs there', async () => {
    await using bench = await setup();
    const worker = await bench.startWorker({ SLOW: '1' });
    const id = await scheduleSlow(bench, { ms: 6 * LOCK_MS });
    await reaches(bench, id, 'running');
    await suspendRedis(bench);
    await reaches(bench, id, 'completed');

    expect(await events(bench)).toEqual([
      ['start', worker.pid, 1],
      ['end', worker.pid, 1],
    ]);
    expect(await record(bench, id)).toMatchObject({ value: { pid: worker.pid } });
    expect(await worker.output()).not.toContain('lost its lock');
  }, 30_000);

  it('costs a task that fails afterwards no run', async () => {
    await using bench = await setup();
    await bench.startWorker({ SLOW: '1' });
    const { scheduler } = bench;
    const payload = { n: 1, ms: 4 * LOCK_MS, isFailing: true };
    const scheduled = await scheduler.schedule(CorrelationId(), slowTask, payload, { maxAttempts: 2 });
    const { id } = scheduled._unsafeUnwrap();
    await reaches(bench, id, 'running');
    await suspendRedis(bench);
    await reaches(bench, id, 'failed');

    expect((await bench.evidence()).filter(({ event }) => event === 'end').length).toBe(2);
    expect(await record(bench, id)).toMatchObject({
      attempt: 2,
      error: { message: 'asked to fail', reason: 'exhausted', attempt: 2 },
    });
  }, 30_000);
});

describe('a task that kills its worker process', () => {
  /** Runs workers one after the other until the task has ended. */
  const runUntilEnded = async (bench: WorkerBench, id: TaskId): Promise<void> => {
    for (;;) {
      const worker = bench.spawnWorker();
      const isFailed = async () => (await record(bench, id)).status === 'failed';
      let hasExited = false;
      void worker.exited.then(() => {
        hasExited = true;
      });
      await until(async () => hasExited || (await isFailed()));
      if (await isFailed()) return;
    }
  };

  it('fails as crash-loop after three of them', async () => {
    await using bench = await setup();
    const id = await scheduleKiller(bench, { maxAttempts: 10 });
    await runUntilEnded(bench, id);

    expect(await record(bench, id)).toMatchObject({
      status: 'failed',
      attempt: 3,
      maxAttempts: 10,
      crashCount: 3,
      error: {
        message: 'the worker died 3 times while it ran this task',
        code: 'crash-loop',
        reason: 'crash-loop',
        attempt: 3,
      },
    });
    expect((await bench.evidence()).map(({ event, attempt }) => [event, attempt])).toEqual([
      ['start', 1],
      ['start', 2],
      ['start', 3],
    ]);
  }, 60_000);

  it('and has one attempt fails as exhausted after one', async () => {
    await using bench = await setup();
    const id = await scheduleKiller(bench, { maxAttempts: 1 });
    await runUntilEnded(bench, id);

    expect(await record(bench, id)).toMatchObject({
      status: 'failed',
      attempt: 1,
      maxAttempts: 1,
      crashCount: 1,
      error: {
        message: 'the worker died during attempt 1 of 1',
        code: 'crashed',
        reason: 'exhausted',
        attempt: 1,
      },
    });
    expect((await bench.evidence()).map(({ event, attempt }) => [event, attempt])).toEqual([['start', 1]]);
  }, 60_000);
});
