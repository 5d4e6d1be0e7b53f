import { describe, expect, it, mock } from 'bun:test';
import { until } from '@backend/__fixtures__/until';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { startLocalRedis } from '@backend/redis/localRedis';
import { Redis } from 'ioredis';
import { createDataLossWatch, DATA_LOSS_MESSAGE, type DataLossWatch } from './DataLossWatch';

const REPORT = `${DATA_LOSS_MESSAGE}: the tasks that were in it are gone`;

const MARKER = 'test:{tasks}:data';

/** A Redis of its own, and watches that look when they are told to, and when they connect. */
const setup = async () => {
  const directory = await createTemporaryDirectory();
  let server = (await startLocalRedis({ appendOnly: false, dataDir: directory.path }))._unsafeUnwrap();
  const { url, port = 0 } = server;
  const client = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  client.on('error', () => undefined);
  const watches: DataLossWatch[] = [];
  return {
    client,
    watch: async ({ hasLedger = false } = {}) => {
      const logger = getMockedLogger();
      const onLost = mock();
      const watch = createDataLossWatch({
        client,
        prefix: 'test',
        logger,
        hasLedger,
        intervalMs: 3_600_000,
        onLost,
      });
      watches.push(watch);
      await watch.look();
      const reports = () => logger.error.mock.calls.map(([message]) => message);
      return { look: watch.look, reports, lossCount: () => onLost.mock.calls.length };
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
    const { look, reports, lossCount } = await test.watch();
    const before = await test.marker();
    await test.client.flushall();
    await look();
    await look();

    expect(reports()).toEqual([REPORT]);
    expect(lossCount()).toBe(1);
    expect(await test.marker()).toBeString();
    expect(await test.marker()).not.toBe(before);
  });

  it('says that the ledger brings the tasks back, where there is one', async () => {
    await using test = await setup();
    const { look, reports } = await test.watch({ hasLedger: true });
    await test.client.flushall();
    await look();

    expect(reports()).toEqual([
      `${DATA_LOSS_MESSAGE}: its tasks are put on their queues again, from the ledger`,
    ]);
  });

  it('reports a Redis that was started with nothing', async () => {
    await using test = await setup();
    const { reports } = await test.watch();
    await test.restartEmpty();

    await until(async () => reports().length > 0);
    expect(reports()).toEqual([REPORT]);
  });

  it('says nothing at its start on an empty Redis, nor beside another watch', async () => {
    await using test = await setup();
    const watches = [await test.watch(), await test.watch()];
    for (const { look } of [...watches, ...watches]) await look();

    expect(await test.marker()).toBeString();
    expect(watches.flatMap(({ reports }) => reports())).toEqual([]);
  });

  it('lets every watch report', async () => {
    await using test = await setup();
    const watches = [await test.watch(), await test.watch()];
    await test.client.flushall();
    await Promise.all(watches.map(({ look }) => look()));

    expect(watches.map(({ reports }) => reports())).toEqual([[REPORT], [REPORT]]);
  });
});
