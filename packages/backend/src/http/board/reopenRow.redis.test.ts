import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { TaskId } from '@backend/tasks/domain/TaskId';
import { closeSharedLedgers, sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { loggedLines } from '@backend/tasks/worker/__fixtures__/TaskBench';
import { waitForStatus } from '../__fixtures__/BoardClient';
import { createDeletionBench } from '../__fixtures__/DeletionBench';
import { reopenRow } from './reopenRow';

const setup = async () => {
  const bench = await createDeletionBench({ isBroken: true, maxAttempts: 1 });
  await bench.running.startWorker();
  const id = await bench.schedule();
  await waitForStatus(bench.running, id, 'failed');
  // Whoever puts it back is then the only one that touches it.
  await bench.queue.pause();
  return { bench, id };
};

describe('putting a failed task back on the board', () => {
  it('is written to the ledger before it is answered', async () => {
    const { bench, id } = await setup();
    await using _ = bench;
    expect(await bench.kept(id)).toEqual([['failed', undefined]]);

    expect(await bench.put('retry', { id })).toEqual([204, undefined]);
    expect(await bench.kept(id)).toEqual([['pending', undefined]]);
  });

  it('is refused when the ledger cannot be told', async () => {
    const { bench, id } = await setup();
    await using _ = bench;
    await sharedTaskLedger(bench.running.appConfig)?.close();

    expect(await bench.put('retry', { id })).toEqual([
      400,
      expect.stringContaining('the ledger could not be told that the task is put back: '),
    ]);
    expect(await bench.queue.getFailedCount()).toBe(1);
    await closeSharedLedgers();
    expect(await bench.put('retry', { id })).toEqual([204, undefined]);
  });
});

describe('reopenRow', () => {
  it('says what the ledger did not take where tasks do not wait for it', async () => {
    await using _ledgers = { [Symbol.asyncDispose]: closeSharedLedgers };
    const environment = { LEDGER_URL: 'sqlite:///proc/none/ledger.sqlite', LEDGER_REQUIRED: 'false' };
    const appConfig = parseAppConfig(environment)._unsafeUnwrap();
    const logger = getMockedLogger();
    const taskId = TaskId();
    await reopenRow({ appConfig, logger }, taskId);

    expect(loggedLines(logger)).toEqual([
      {
        level: 'warn',
        message: 'The ledger could not be told that a failed task is put back on its queue',
        meta: { taskId, reason: expect.stringContaining("the ledger's database") },
      },
    ]);
  });
});
