import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { startLocalRedis } from '@backend/redis/localRedis';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../domain/TaskDefinition';
import { createTaskBench, type TaskBench } from './__fixtures__/TaskBench';
import { createTaskWorker } from './TaskWorker';

const task = defineTask({
  queueName: 'test:lifecycle',
  schema: z.object({ n: z.number() }),
  handler: async (_payload, { workerId }) => ok(workerId),
});

/** Connections that a worker of this bench has to its queue, by the names BullMQ gives them. */
const connectionCount = async ({ redis, appConfig }: TaskBench): Promise<number> =>
  String(await redis.client('LIST'))
    .split('\n')
    .filter((line) => line.includes(`name=${appConfig.queuePrefix}:`)).length;

const isPending = async (bench: TaskBench, id: Awaited<ReturnType<TaskBench['schedule']>>) =>
  (await bench.record(id)).status === 'pending';

describe('a task worker', () => {
  it('leaves no connection behind when it stops', async () => {
    await using directory = await createTemporaryDirectory();
    await using own = (await startLocalRedis({ appendOnly: false, dataDir: directory.path }))._unsafeUnwrap();
    await using bench = await createTaskBench({ tasks: [task], env: { REDIS_URL: own.url } });
    const clientCount = async (): Promise<number> =>
      String(await bench.redis.client('LIST'))
        .trim()
        .split('\n').length;
    await bench.schedule(task, { n: 1 });
    const before = await clientCount();
    const worker = await bench.startWorker();
    await until(async () => (await clientCount()) === before + 3);
    await worker.stop();

    await until(async () => (await clientCount()) === before);
    expect(worker.getStats()).toMatchObject({ status: 'stopped', activeTasks: 0 });
  });

  it('leaves tasks to others while it is paused, and takes them when it is resumed', async () => {
    await using bench = await createTaskBench({ tasks: [task] });
    const worker = await bench.startWorker({ id: 'pausing' });
    expect(await bench.ended(await bench.schedule(task, { n: 1 }))).toMatchObject({ value: 'pausing' });
    await worker.pause();
    expect(worker.getStats().status).toBe('paused');
    const whilePaused = await bench.schedule(task, { n: 2 });
    const other = await bench.startWorker({ id: 'other' });
    expect(await bench.ended(whilePaused)).toMatchObject({ value: 'other', attempt: 1 });
    await other.stop();
    await worker.resume();

    const resumed = await bench.schedule(task, { n: 3 });
    expect(await bench.ended(resumed)).toMatchObject({ value: 'pausing' });
    expect(worker.getStats().status).toBe('running');
  });

  it('that is stopped while it starts takes nothing', async () => {
    await using bench = await createTaskBench({ tasks: [task] });
    const { appConfig, logger } = bench;
    for (const waits of [0, 1, 2, 4, 8, 16]) {
      const worker = createTaskWorker({ tasks: [task], logger, appConfig });
      const starting = worker.start();
      for (let tick = 0; tick < waits; tick += 1) await new Promise(setImmediate);
      await worker.stop();
      await starting;
      expect(worker.getStats().status).toBe('stopped');
    }
    await until(async () => (await connectionCount(bench)) === 0);
    const id = await bench.schedule(task, { n: 1 });

    expect(await isPending(bench, id)).toBe(true);
  }, 60_000);

  it('stays stopped whatever is called afterwards', async () => {
    await using bench = await createTaskBench({ tasks: [task] });
    const worker = await bench.startWorker();
    await worker.stop();
    await worker.pause();
    await worker.resume();
    const again = await worker.start();
    const id = await bench.schedule(task, { n: 1 });

    expect(again._unsafeUnwrapErr().code).toBe('stopped');
    expect(worker.getStats().status).toBe('stopped');
    expect(await connectionCount(bench)).toBe(0);
    expect(await isPending(bench, id)).toBe(true);
  });

  it('that is started twice takes tasks once', async () => {
    await using bench = await createTaskBench({ tasks: [task] });
    const worker = await bench.startWorker();
    await until(async () => (await connectionCount(bench)) > 0);
    const before = await connectionCount(bench);
    (await worker.start())._unsafeUnwrap();
    await bench.ended(await bench.schedule(task, { n: 1 }));

    expect(await connectionCount(bench)).toBe(before);
  });
});
