import { describe, expect, it } from 'bun:test';
import { closeSharedLedgers, sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { waitForStatus } from '../__fixtures__/BoardClient';
import { createDeletionBench } from '../__fixtures__/DeletionBench';

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
