import { describe, expect, it } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { startLocalRedis } from '@backend/redis/localRedis';
import { Redis } from 'ioredis';
import { createDataLossWatch, DATA_LOSS_MESSAGE as REPORT } from './DataLossWatch';

const MARKER = 'test:{tasks}:data';

/** A Redis of its own, and a watch that looks twenty times a second. */
const setup = async () => {
  const directory = await createTemporaryDirectory();
  let server = (await startLocalRedis({ appendOnly: false, dataDir: directory.path }))._unsafeUnwrap();
  const { url, port = 0 } = server;
  const client = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  client.on('error', () => undefined);
  const watches: { stop(): void }[] = [];
  return {
    client,
    watch: () => {
      const logger = getMockedLogger();
      watches.push(createDataLossWatch({ client, prefix: 'test', logger, intervalMs: 50 }));
      const reports = () => logger.error.mock.calls.map(([message]) => message);
      return { reports };
    },
    marker: () => client.get(MARKER),
    restartEmpty: async () => {
      await server.stop();
      server = (await startLocalRedis({ appendOnly: false, dataDir: directory.path, port }))._unsafeUnwrap();
    },
    [Symbol.asyncDispose]: async () => {
      for (const each of watches) each.stop();
      client.disconnect();
      await server.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
};

describe('createDataLossWatch', () => {
  it('reports a Redis that was emptied, once', async () => {
    await using test = await setup();
    const { reports } = test.watch();
    await until(async () => (await test.marker()) !== null);
    const before = await test.marker();
    await test.client.flushall();
    await until(async () => reports().length > 0);
    await until(async () => (await test.marker()) !== null);
    await Bun.sleep(150); // three further looks

    expect(reports()).toEqual([REPORT]);
    expect(await test.marker()).not.toBe(before);
  });

  it('reports a Redis that was started with nothing', async () => {
    await using test = await setup();
    const { reports } = test.watch();
    await until(async () => (await test.marker()) !== null);
    await test.restartEmpty();

    await until(async () => reports().length > 0);
    expect(reports()).toEqual([REPORT]);
  });

  it('says nothing at its start on an empty Redis, nor beside another watch', async () => {
    await using test = await setup();
    const watches = [test.watch(), test.watch()];
    await until(async () => (await test.marker()) !== null);
    await Bun.sleep(150); // three further looks

    expect(watches.flatMap(({ reports }) => reports())).toEqual([]);
  });

  it('lets every watch report', async () => {
    await using test = await setup();
    const watches = [test.watch(), test.watch()];
    await until(async () => (await test.marker()) !== null);
    await Bun.sleep(100); // both have looked
    await test.client.flushall();

    await until(async () => watches.every(({ reports }) => reports().length > 0));
    expect(watches.map(({ reports }) => reports())).toEqual([[REPORT], [REPORT]]);
  });
});
