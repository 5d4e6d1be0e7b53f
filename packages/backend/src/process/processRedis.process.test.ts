import { describe, expect, it } from 'bun:test';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { parseAppConfig } from '@backend/config/AppConfig';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { silentLogger } from '@backend/logger/silentLogger';
import { startLocalRedis } from '@backend/redis/localRedis';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { isTerminalStatus } from '@backend/tasks/domain/TaskStatus';
import { createTaskInspector } from '@backend/tasks/inspector/TaskInspector';
import { createTaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { CorrelationId } from '@core/domain/CorrelationId';
import { chainTask } from './__fixtures__/chainTask';
import { startChildProcess } from './ChildProcess';

const WORKER_PATH = join(import.meta.dir, '__fixtures__/chainWorker.ts');

/** A worker process without REDIS_URL, and the Redis it finds: the one that serves its data folder. */
const setup = async () => {
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(await createTemporaryDirectory());
  const dataDir = directory.path;
  const redis = starting.use((await startLocalRedis({ appendOnly: true, dataDir }))._unsafeUnwrap());
  const worker = startChildProcess({
    command: [process.execPath, '--no-install', WORKER_PATH],
    env: { NODE_ENV: 'test', DATA_DIR: dataDir, REDIS_URL: undefined },
    logPath: join(dataDir, 'worker.log'),
    stopTimeoutMs: 10_000,
  });
  starting.defer(worker.stop);
  starting.defer(closeSharedConnections);
  const started = starting.move();
  const appConfig = parseAppConfig({ NODE_ENV: 'test', REDIS_URL: redis.url })._unsafeUnwrap();
  const parts = { logger: silentLogger, appConfig };
  return {
    scheduler: createTaskScheduler(parts),
    inspector: createTaskInspector({ ...parts, tasks: [chainTask] }),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
};

describe('findProcessRedis', () => {
  it('lets a handler that calls getAppConfig() schedule on the Redis of its worker', async () => {
    await using bench = await setup();
    const { scheduler, inspector } = bench;
    const { id } = (await scheduler.schedule(CorrelationId(), chainTask, { runsLeft: 1 }))._unsafeUnwrap();
    const read = async () => (await inspector.getTask(id))._unsafeUnwrap();
    await until(async () => isTerminalStatus((await read()).status));

    expect(await read()).toMatchObject({ status: 'completed', value: { nextId: expect.any(String) } });
    await until(
      async () => (await inspector.getQueueDepth(chainTask.queueName))._unsafeUnwrap().completed === 2,
    );
  }, 60_000);
});
