import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { type AppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { Redis } from 'ioredis';
import { type TaskEvent } from '../domain/TaskHandle';
import { createTaskEnds } from '../queue/TaskEnds';
import { recordTask, slowTask, talkTask } from '../worker/__fixtures__/fixtureTasks';
import { createWorkerBench, type WorkerBench } from '../worker/__fixtures__/WorkerBench';

const isHeard = async ({ appConfig }: WorkerBench): Promise<void> => {
  const client = new Redis(appConfig.redisUrl ?? '');
  await until(async () => String(await client.client('LIST')).includes('cmd=xread'));
  client.disconnect();
};

const scheduleRecord = async ({ scheduler }: WorkerBench, ms: number) =>
  (await scheduler.schedule(CorrelationId(), recordTask, { n: 7, ms }))._unsafeUnwrap();

describe('a result', () => {
  it('reaches another process, and so do the events', async () => {
    await using bench = await createWorkerBench();
    const worker = await bench.startWorker();
    const handle = (await bench.scheduler.schedule(CorrelationId(), talkTask, { steps: 3 }))._unsafeUnwrap();
    const told: TaskEvent[] = [];
    for await (const event of handle.events()) told.push(event);

    expect((await handle.result())._unsafeUnwrap()).toEqual({ pid: worker.pid });
    expect(told.flatMap(({ progress }) => progress ?? [])).toEqual([1, 2, 3]);
    expect(told.flatMap(({ log }) => log ?? [])).toEqual(['step 1', 'step 2', 'step 3']);
    expect(told.at(-1)?.status).toBe('completed');
  }, 30_000);

  it('comes from another worker when the one that ran the task is killed', async () => {
    await using bench = await createWorkerBench({ WORKER_LOCK_MS: '500', WORKER_STALLED_INTERVAL_MS: '200' });
    const killed = await bench.startWorker({ SLOW: '1' });
    const payload = { n: 1, ms: 60_000, isFailing: false };
    const handle = (await bench.scheduler.schedule(CorrelationId(), slowTask, payload))._unsafeUnwrap();
    const waiting = handle.result();
    await until(async () => (await bench.evidence()).length === 1);
    killed.kill('SIGKILL');
    const other = await bench.startWorker();

    expect((await waiting)._unsafeUnwrap()).toEqual({ pid: other.pid });
  }, 30_000);

  it('comes though Redis was away while it was waited for', async () => {
    await using bench = await createWorkerBench();
    await bench.startWorker();
    const handle = await scheduleRecord(bench, 1000);
    const waiting = handle.result();
    await isHeard(bench);
    await bench.redis().stop();
    const status = await handle.status();
    await bench.restartRedis();

    expect(status._unsafeUnwrapErr().code).toBe('queue-unavailable');
    expect((await waiting)._unsafeUnwrap()).toEqual({ n: 7 });
  }, 30_000);

  it('comes with the last progress though Redis was away between the reports', async () => {
    await using bench = await createWorkerBench();
    await bench.startWorker();
    const handle = (await bench.scheduler.schedule(CorrelationId(), talkTask, { steps: 6 }))._unsafeUnwrap();
    await until(async () => (await handle.progress()).unwrapOr(0) === 2);
    await bench.redis().stop();
    await bench.restartRedis();
    await handle.result();

    expect((await handle.progress())._unsafeUnwrap()).toBe(6);
  }, 30_000);

  it('is unknown when the time is over and Redis is away', async () => {
    await using bench = await createWorkerBench();
    const handle = await scheduleRecord(bench, 0);
    const waiting = handle.result({ timeoutMs: 500 });
    const looking = Array.fromAsync(handle.events({ timeoutMs: 500 }));
    await isHeard(bench);
    await bench.redis().stop();
    const error = (await waiting)._unsafeUnwrapErr();
    const told = await looking;

    expect(error).toMatchObject({ code: 'queue-unavailable' });
    expect(error.message).toContain('Redis does not answer: ');
    expect(told.map(({ status, error: ended }) => [status, ended?.code])).toEqual([
      ['pending', undefined],
      ['pending', 'queue-unavailable'],
    ]);
  }, 30_000);

  it('is waited for no longer than its caller wants', async () => {
    await using bench = await createWorkerBench();
    const handle = await scheduleRecord(bench, 0);
    const ends = createTaskEnds({ logger: silentLogger, appConfig: bench.appConfig });
    const abort = new AbortController();
    const waiting = ends.wait('fixture:record', handle.id, { timeoutMs: 60_000, signal: abort.signal });
    await isHeard(bench);
    abort.abort();
    const signal = AbortSignal.abort();

    expect((await waiting)._unsafeUnwrapErr().code).toBe('aborted');
    expect(
      (await ends.wait('fixture:record', handle.id, { timeoutMs: 60_000, signal }))._unsafeUnwrapErr().code,
    ).toBe('aborted');
  }, 30_000);
});

describe('a process that has waited', () => {
  const run = async ({ redisUrl = '' }: AppConfig) => {
    const child = Bun.spawn(
      [process.execPath, '--no-install', join(import.meta.dir, '__fixtures__', 'waitForResult.ts')],
      {
        env: { ...process.env, NODE_ENV: 'test', REDIS_URL: redisUrl },
        stdout: 'pipe',
        stderr: 'inherit',
        timeout: 10_000,
        killSignal: 'SIGKILL',
      },
    );
    const [line = '', printedAt = ''] = (await new Response(child.stdout).text()).trim().split('\n');
    const code = await child.exited;
    return { code, line, lingeredMs: Date.now() - Number(printedAt) };
  };

  it('ends by itself', async () => {
    await using bench = await createWorkerBench();
    const { code, line, lingeredMs } = await run(bench.appConfig);

    expect([code, line]).toEqual([0, 'pending timed-out']);
    // Its connection would stay for a second, if it held the process.
    expect(lingeredMs).toBeLessThan(900);
  }, 30_000);
});
