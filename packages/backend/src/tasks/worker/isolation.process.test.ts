import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { isAlive } from '@backend/__fixtures__/isAlive';
import { until } from '@backend/__fixtures__/until';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { type TaskId } from '../domain/TaskId';
import { isTerminalStatus } from '../domain/TaskStatus';
import { actTask, dateTask, ordinaryTask, tasks } from '../isolation/__fixtures__/isolatedTasks';
import * as resourceModule from '../isolation/__fixtures__/resourceTasks';
import { createTaskBench, loggedLines } from './__fixtures__/TaskBench';
import { createWorkerBench, type WorkerBench } from './__fixtures__/WorkerBench';
import { createTaskWorker } from './TaskWorker';

const FIXTURES = join(import.meta.dir, '../isolation/__fixtures__');
const TASKS_MODULE = join(FIXTURES, 'isolatedTasks.ts');
const PROGRAM = { workerPath: join(FIXTURES, 'isolatedWorker.ts'), tasks };

const schedule = async (
  { scheduler }: WorkerBench,
  act: string,
  options?: ScheduleOptions,
): Promise<TaskId> =>
  (await scheduler.schedule(CorrelationId(), actTask, { act }, options))._unsafeUnwrap().id;

const record = async ({ inspector }: WorkerBench, id: TaskId) =>
  (await inspector.getTask(id))._unsafeUnwrap();

const ended = async (bench: WorkerBench, id: TaskId) => {
  await until(async () => isTerminalStatus((await record(bench, id)).status));
  return record(bench, id);
};

/** The process that kills the isolated ones of a worker when that is gone. */
const watchdogPid = async ({ pid }: { readonly pid: number }, notPid?: number): Promise<number> => {
  let found: number | undefined;
  await until(async () => {
    const { stdout } = Bun.spawnSync(['pgrep', '-P', String(pid), '-f', 'drover-isolation-watchdog']);
    found = Number.parseInt(stdout.toString(), 10) || undefined;
    return found !== undefined && found !== notPid;
  });
  return found ?? Number.NaN;
};

/** The processes of the handlers that loop. */
const loopingPids = async (bench: WorkerBench, count: number): Promise<readonly number[]> => {
  await until(async () => (await bench.evidence()).length >= count);
  return (await bench.evidence()).map(({ pid }) => pid);
};

const untilDead = (pids: readonly number[], timeoutMs?: number): Promise<void> =>
  until(async () => !pids.some(isAlive), timeoutMs);

describe('a worker process', () => {
  it('kills isolated handlers in endless loops at their timeout, while others go on', async () => {
    await using bench = await createWorkerBench({ TASK_TIMEOUT_GRACE_MS: '200' }, PROGRAM);
    await bench.startWorker();
    const loops = [
      await schedule(bench, 'loops', { timeoutMs: 8000 }),
      await schedule(bench, 'loops', { timeoutMs: 8000 }),
    ];
    const pids = await loopingPids(bench, 2);
    const ordinary = await Promise.all(
      Array.from({ length: 10 }, async () =>
        (await bench.scheduler.schedule(CorrelationId(), ordinaryTask, {}))._unsafeUnwrap(),
      ),
    );
    const others = await Promise.all(ordinary.map(({ id }) => ended(bench, id)));

    expect(others.map(({ status }) => status)).toEqual(ordinary.map(() => 'completed'));
    expect(pids.map(isAlive)).toEqual([true, true]);
    const failed = await Promise.all(loops.map((id) => ended(bench, id)));
    expect(failed.map(({ status, error }) => [status, error?.code, error?.message])).toEqual(
      loops.map(() => ['failed', 'timeout', 'the handler took longer than timeoutMs (8000 ms)']),
    );
    await untilDead(pids);
  }, 60_000);

  it('that is killed leaves no handler behind, not even one in an endless loop', async () => {
    await using bench = await createWorkerBench({}, PROGRAM);
    const worker = await bench.startWorker();
    await schedule(bench, 'loops');
    const pids = await loopingPids(bench, 1);
    worker.kill('SIGKILL');
    await worker.exited;
    await untilDead(pids, 5000);
  }, 60_000);

  it('that is killed leaves no handler behind either when what would end that was killed before', async () => {
    await using bench = await createWorkerBench({}, PROGRAM);
    const worker = await bench.startWorker();
    await schedule(bench, 'loops');
    const pids = await loopingPids(bench, 1);
    const killedPid = await watchdogPid(worker);
    process.kill(killedPid, 'SIGKILL');
    await watchdogPid(worker, killedPid);
    worker.kill('SIGKILL');
    await worker.exited;
    await untilDead(pids, 5000);

    expect(await worker.output()).toContain(
      'What ends isolated processes with this one has died; it is started again',
    );
  }, 60_000);

  it('that stops kills what does not end, and gives its task back', async () => {
    await using bench = await createWorkerBench({ WORKER_DRAIN_TIMEOUT_MS: '300' }, PROGRAM);
    const worker = await bench.startWorker();
    const id = await schedule(bench, 'loops', { timeoutMs: 60_000 });
    const pids = await loopingPids(bench, 1);
    const stoppedAtMs = performance.now();
    worker.kill('SIGTERM');

    expect(await worker.exited).toBe(0);
    expect(performance.now() - stoppedAtMs).toBeLessThan(300 + 2000);
    expect(pids.map(isAlive)).toEqual([false]);
    expect(await worker.output()).toContain('Task given back: the worker is stopping');
    expect(await record(bench, id)).toMatchObject({ status: 'scheduled', attempt: 0 });
  }, 60_000);

  it('goes on when a service manager signals all processes at once: the worker decides', async () => {
    await using bench = await createWorkerBench({ WORKER_DRAIN_TIMEOUT_MS: '20000' }, PROGRAM);
    const worker = await bench.startWorker();
    const id = await schedule(bench, 'waits');
    const pids = await loopingPids(bench, 1);
    for (const pid of pids) process.kill(pid, 'SIGTERM');
    worker.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
    expect(await record(bench, id)).toMatchObject({ status: 'completed', value: 'waited' });
  }, 60_000);

  it('does not start when the tasks cannot be had in a process of their own', async () => {
    await using bench = await createWorkerBench(
      {},
      { ...PROGRAM, workerPath: join(FIXTURES, 'lostWorker.ts') },
    );
    const worker = bench.spawnWorker();
    expect(await worker.exited).toBe(1);
    expect(await worker.output()).toMatch(
      /expected tasks of file:\S+ to list isolated:act, because it is isolated/,
    );
  }, 60_000);
});

describe('an isolated task', () => {
  it('whose process dies is tried again, and counts no crash of the worker', async () => {
    await using bench = await createTaskBench({ tasks });
    await bench.startWorker({ tasksModule: TASKS_MODULE });
    const id = await bench.schedule(actTask, { act: 'exits' }, { maxAttempts: 2 });
    expect(await bench.ended(id)).toMatchObject({
      ...{ status: 'failed', attempt: 2 },
      error: {
        ...{ code: 'process-died', reason: 'exhausted', attempt: 2, metadata: { exitCode: 0 } },
        message: 'the isolated process of the task ended with exit code 0 before the handler had ended',
      },
    });
    const job = await bench.queue(actTask).getJob(id);
    expect(job?.stalledCounter).toBe(0);
    expect(bench.messages(id)).toEqual([
      'Task failed an attempt and will be retried',
      'Task failed for good',
    ]);
  }, 30_000);

  it('asks retryOn with the error that was thrown, class and all', async () => {
    await using bench = await createTaskBench({ tasks });
    await bench.startWorker({ tasksModule: TASKS_MODULE });
    const id = await bench.schedule(actTask, { act: 'throws' }, { maxAttempts: 3 });
    expect(await bench.ended(id)).toMatchObject({
      ...{ status: 'failed', attempt: 1 },
      error: { reason: 'fatal', code: 'task-failed', message: 'the server answered 404' },
    });
  }, 30_000);

  it('has payload and result pass their schemas once, although they are JSON in between', async () => {
    await using bench = await createTaskBench({ tasks });
    await bench.startWorker({ tasksModule: TASKS_MODULE });
    const id = await bench.schedule(dateTask, { at: new Date(7), text: 'four' });
    expect(await bench.ended(id)).toMatchObject({ status: 'completed', value: { at: 7, length: 4 } });
  }, 30_000);

  it('has not ended before its process is gone, whatever that has left running', async () => {
    await using bench = await createTaskBench({ tasks });
    await bench.startWorker({ tasksModule: TASKS_MODULE });
    const id = await bench.schedule(actTask, { act: 'lingers' });
    expect(await bench.ended(id)).toMatchObject({ status: 'completed', value: 'done' });
    const lines = loggedLines(bench.logger).filter(({ message }) => message === 'lingering');
    expect(lines.map(({ meta }) => isAlive(Number(meta['pid'])))).toEqual([false]);
  }, 30_000);

  it('that ignores its signal is named when it is killed', async () => {
    await using bench = await createTaskBench({ tasks, env: { TASK_TIMEOUT_GRACE_MS: '50' } });
    await bench.startWorker({ tasksModule: TASKS_MODULE });
    const id = await bench.schedule(actTask, { act: 'loops' }, { timeoutMs: 2000 });
    expect(await bench.ended(id)).toMatchObject({
      status: 'failed',
      error: { code: 'timeout', reason: 'timeout' },
    });
    expect(bench.messages(id)).toEqual([
      'An isolated handler ignores its abort signal; its process is killed',
      'Task failed for good',
    ]);
    const [killed] = loggedLines(bench.logger).filter(({ message }) => message.startsWith('An isolated'));
    expect(killed?.meta).toMatchObject({ taskName: 'isolated:act', taskId: id, reason: 'timeout' });
  }, 30_000);

  it('that is cancelled is killed when it does not end, and is cancelled', async () => {
    await using bench = await createTaskBench({ tasks, env: { TASK_TIMEOUT_GRACE_MS: '50' } });
    await bench.startWorker({ tasksModule: TASKS_MODULE });
    const id = await bench.schedule(actTask, { act: 'loops' }, { timeoutMs: 60_000 });
    await until(
      async () =>
        bench.messages(id).length > 0 || bench.logger.info.mock.calls.some(([m]) => m === 'looping'),
    );
    (await bench.inspector.cancel(id, 'nobody waits for it'))._unsafeUnwrap();
    expect(await bench.ended(id)).toMatchObject({ status: 'cancelled', cancelReason: 'nobody waits for it' });
    const killed = loggedLines(bench.logger).find(({ message }) => message.startsWith('An isolated'));
    expect(killed?.meta).toMatchObject({ taskId: id, reason: 'cancelled' });
  }, 30_000);

  it('tells its progress and keeps its log lines, and refuses a progress that is no JSON where it is made', async () => {
    await using bench = await createTaskBench({ tasks });
    await bench.startWorker({ tasksModule: TASKS_MODULE });
    const id = await bench.schedule(actTask, { act: 'reports' });
    expect(await bench.ended(id)).toMatchObject({
      ...{ status: 'completed', progress: { done: 2 } },
      value: expect.stringContaining(
        'the progress is refused: expected the value to be something JSON carries',
      ),
    });
    expect(loggedLines(bench.logger).map(({ message }) => message)).toContain('half of it');
  }, 30_000);

  it('that dies after a step does not do it again', async () => {
    await using bench = await createTaskBench({ tasks });
    await bench.startWorker({ tasksModule: TASKS_MODULE });
    const id = await bench.schedule(actTask, { act: 'diesAfterStep' }, { maxAttempts: 2 });
    const { status, attempt, value, steps = [] } = await bench.ended(id);

    expect([status, attempt, steps.map(({ name }) => name)]).toEqual(['completed', 2, ['charge']]);
    const [charged, ended] = value as number[];
    expect(charged).not.toBe(ended);
  }, 30_000);

  it('resolves the resources of its process, which are not those of the worker', async () => {
    const { poolTask, resources, tasks: resourceTasks } = resourceModule;
    await using bench = await createTaskBench({ tasks: resourceTasks });
    await bench.startWorker({
      ...{ resources, taskNames: [poolTask.queueName], tasksModule: join(FIXTURES, 'resourceTasks.ts') },
    });
    const { status, value } = await bench.ended(await bench.schedule(poolTask, {}));

    expect({ status, value }).toMatchObject({ status: 'completed', value: { startCount: 1, isSame: true } });
    const { pid, handlerPid } = value as { readonly pid: number; readonly handlerPid: number };
    expect([pid === handlerPid, pid === process.pid, isAlive(pid)]).toEqual([true, false, false]);
    const closed = loggedLines(bench.logger).filter(({ message }) => message === 'pool closed');
    expect(closed.map(({ meta }) => meta)).toEqual([{ pid }]);
  }, 30_000);

  it('refuses a wrong payload without a process', async () => {
    await using bench = await createTaskBench({ tasks });
    await bench.startWorker({ tasksModule: TASKS_MODULE });
    const job = await bench.queue(actTask).add('bare', { act: 7 }, { jobId: 'bare-1' });
    await until(async () => (await job.getState()) === 'failed');
    expect((await bench.queue(actTask).getJob('bare-1'))?.failedReason).toContain('act');
  }, 30_000);
});

describe('start', () => {
  it('answers isolation-unavailable when the module does not list an isolated task', async () => {
    await using bench = await createTaskBench({ tasks });
    const module = join(FIXTURES, 'lostTasks.ts');
    const worker = createTaskWorker({
      tasks,
      logger: getMockedLogger(),
      appConfig: bench.appConfig,
      tasksModule: module,
    });
    const error = (await worker.start())._unsafeUnwrapErr();
    expect({ code: error.code, status: worker.getStats().status }).toEqual({
      ...{ code: 'isolation-unavailable', status: 'created' },
    });
    expect(error.message).toContain('lostTasks.ts to list isolated:act, because it is isolated');
    await worker.stop();
  }, 30_000);

  it('answers isolation-unavailable when the module lacks a resource that an isolated task declares', async () => {
    const { tasks: resourceTasks, resources, unlistedResource } = resourceModule;
    await using bench = await createTaskBench({ tasks: resourceTasks });
    const worker = createTaskWorker({
      ...{ tasks: resourceTasks, logger: getMockedLogger(), appConfig: bench.appConfig },
      ...{ resources: [...resources, unlistedResource], tasksModule: join(FIXTURES, 'resourceTasks.ts') },
    });
    const error = (await worker.start())._unsafeUnwrapErr();

    expect(error.code).toBe('isolation-unavailable');
    expect(error.message).toContain(
      'resourceTasks.ts to export what isolated tasks need as resources: the task resources:unlisted needs the resource "unlisted"',
    );
    await worker.stop();
  }, 30_000);
});
