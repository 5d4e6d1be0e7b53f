import { describe, expect, it, mock } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { probeRedis } from '@backend/redis/local/probeRedis';
import { startLocalRedis } from '@backend/redis/localRedis';
import { keepLocalRedis } from './keepLocalRedis';

const setup = async () => {
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(await createTemporaryDirectory());
  const dataDir = directory.path;
  const redis = starting.use((await startLocalRedis({ appendOnly: true, dataDir }))._unsafeUnwrap());
  const { port = 0, pid = 0 } = redis;
  const logger = getMockedLogger();
  const onFailed = mock();
  const kept = keepLocalRedis({ port, dataDir, logger, onFailed });
  starting.defer(() => kept.stop());
  const started = starting.move();
  const runningPid = async () => (await probeRedis({ port, timeoutMs: 1000 }))?.processId;
  return {
    kept,
    dataDir,
    redis,
    pid,
    port,
    logger,
    onFailed,
    runningPid,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
};

describe('keepLocalRedis', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'starts Redis again on its port after a %s, each time',
    async (signal) => {
      await using bench = await setup();
      let last = bench.pid;
      for (const times of [1, 2]) {
        process.kill(last, signal);
        await until(async () => bench.logger.info.mock.calls.length === times);
        const next = (await bench.runningPid()) ?? 0;
        expect([next === 0, next === last]).toEqual([false, false]);
        last = next;
      }
    },
    60_000,
  );

  it('says why it could not', async () => {
    await using bench = await setup();
    await writeFile(join(bench.dataDir, 'redis/appendonlydir/appendonly.aof.manifest'), 'no manifest');
    process.kill(bench.pid, 'SIGKILL');
    await until(async () => bench.onFailed.mock.calls.length > 0);

    expect(bench.onFailed.mock.calls[0]?.[0]).toContain('did not start');
  }, 30_000);

  it('starts nothing after a stop', async () => {
    await using bench = await setup();
    await bench.kept.stop();
    await bench.redis.stop();

    expect(await bench.runningPid()).toBeUndefined();
    expect(bench.logger.warn).not.toHaveBeenCalled();
  });
});
