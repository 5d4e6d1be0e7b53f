import { describe, expect, it } from 'bun:test';
import { silentLogger } from '@backend/logger/silentLogger';
import { TaskId } from '@backend/tasks/domain/TaskId';
import { closeSharedLedgers, sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { waitForStatus } from '../__fixtures__/BoardClient';
import { CANCELLED, createDeletionBench, PACK } from '../__fixtures__/DeletionBench';
import { runWithSignal } from '../request/RequestSignal';
import { type BoardCanceller, createBoardCancellers } from './BoardCanceller';
import { replaceDeletions } from './replaceDeletions';

/** Bull Board says whatever state the URL has. */
const clean = (adapter: BullMQAdapter, state: string, graceMs = 0): Promise<void> =>
  adapter.clean(state as Parameters<BullMQAdapter['clean']>[0], graceMs);

/** The adapter of a queue, with or without a ledger, and the ids of the tasks that it cancels. */
const setup = async (options: Parameters<typeof createDeletionBench>[0] = {}) => {
  const bench = await createDeletionBench(options);
  const { running, queue, client } = bench;
  const cancellerOf = createBoardCancellers({ appConfig: running.appConfig, logger: silentLogger });
  const cancelledIds: string[] = [];
  const canceller = (): BoardCanceller | undefined => {
    const found = cancellerOf(PACK);
    return (
      found && {
        ...found,
        cancel: (id, onlyIn) => {
          cancelledIds.push(id);
          return found.cancel(id, onlyIn);
        },
      }
    );
  };
  const adapter = new BullMQAdapter(queue);
  replaceDeletions(adapter, { client, queue, canceller });
  return Object.assign(bench, { adapter, cancelledIds });
};

/** An adapter before whose first cancellation a worker takes one of the tasks. */
const setupLate = async () => {
  const bench = await createDeletionBench({ concurrency: 1 });
  const { running, queue, client } = bench;
  const canceller = createBoardCancellers({ appConfig: running.appConfig, logger: silentLogger })(PACK);
  let taking: Promise<void> | undefined;
  const takeFirst = async (): Promise<void> => {
    await running.startWorker();
    await bench.started;
  };
  const late: BoardCanceller | undefined = canceller && {
    ...canceller,
    cancel: async (id, onlyIn) => {
      taking ??= takeFirst();
      await taking;
      return canceller.cancel(id, onlyIn);
    },
  };
  const adapter = new BullMQAdapter(queue);
  replaceDeletions(adapter, { client, queue, canceller: () => late });
  return Object.assign(bench, { adapter });
};

describe('replaceDeletions', () => {
  it.each([
    ['prioritized', ['cancelled', 'scheduled']],
    ['waiting', ['pending', 'scheduled']],
    ['delayed', ['pending', 'cancelled']],
  ])('cancels the tasks of a state that is cleaned: %s', async (state, statuses) => {
    await using bench = await setup();
    const ids = [await bench.schedule(), await bench.schedule({ delayMs: 600_000 })];
    await clean(bench.adapter, state);

    expect((await bench.kept(...ids)).map(([status]) => status)).toEqual(statuses);
  });

  it.each(['completed', 'failed'] as const)('deletes the tasks of a queue that are %s', async (status) => {
    await using bench = await setup({ isBroken: status === 'failed', maxAttempts: 1 });
    await bench.running.startWorker();
    const id = await bench.schedule();
    await waitForStatus(bench.running, id, status);
    await clean(bench.adapter, status, -1);

    expect(await bench.keys()).not.toContain(id);
    expect(await bench.kept(id)).toEqual([[status, undefined]]);
  });

  it('deletes the tasks of a state that is cleaned when there is no ledger', async () => {
    await using bench = await setup({ hasLedger: false });
    const ids: readonly string[] = [await bench.schedule(), await bench.schedule({ delayMs: 600_000 })];
    await clean(bench.adapter, 'delayed', -1);
    const keys = await bench.keys();

    expect(ids.filter((id) => keys.includes(id))).toEqual(ids.slice(0, 1));
    expect(keys).not.toContain('cancelled');
  });

  it.each([
    ['empties', (adapter: BullMQAdapter) => adapter.empty()],
    ['cleans', (adapter: BullMQAdapter) => clean(adapter, 'prioritized')],
  ])('lets a task run that a worker takes while it %s', async (_what, act) => {
    await using bench = await setupLate();
    const taken = await bench.schedule({ priority: 'high' }, { isSlow: true });
    const waiting = await bench.schedule({}, { isSlow: true });
    await act(bench.adapter);

    const running = (await bench.running.inspector.getTask(taken))._unsafeUnwrap();

    expect([running.status, running.cancelRequestedAt]).toEqual(['running', undefined]);
    expect(await bench.kept(waiting)).toEqual([CANCELLED]);
    bench.release();
    await waitForStatus(bench.running, taken, 'completed');
    expect(bench.state).toEqual({ runCount: 1, abortCount: 0 });
  });
});

describe('obliterating what is cancelled already', () => {
  it('tells the ledger of those alone of which it has not been told', async () => {
    await using bench = await setup();
    const [told, untold] = [
      await bench.schedule({ delayMs: 600_000 }),
      await bench.schedule({ delayMs: 600_000 }),
    ];
    await bench.put('clean', { id: told });
    await sharedTaskLedger(bench.running.appConfig)?.close();
    await bench.put('clean', { id: untold });
    await closeSharedLedgers();
    expect(await bench.kept(told, untold)).toEqual([CANCELLED, ['scheduled', undefined]]);
    await bench.adapter.obliterate();

    expect(bench.cancelledIds).toEqual([untold]);
    expect(await bench.kept(told, untold)).toEqual([CANCELLED, CANCELLED]);
    expect(await bench.keys()).toEqual([]);
  });

  it.each([true, false])(
    'deletes more than it does at the same time; with a ledger: %p',
    async (hasLedger) => {
      await using bench = await setup({ hasLedger });
      const members = Array.from({ length: 2001 }, (_, index) => [String(index), TaskId()]);
      await bench.client.zadd(bench.queue.toKey('cancelled'), ...members.flat());
      await bench.adapter.obliterate();

      expect(await bench.keys()).toEqual([]);
      expect(bench.cancelledIds).toEqual([]);
    },
  );

  it('deletes nothing when the ledger cannot be asked', async () => {
    await using bench = await setup();
    const id = await bench.schedule({ delayMs: 600_000 });
    await bench.put('clean', { id });
    await sharedTaskLedger(bench.running.appConfig)?.close();

    await expect(bench.adapter.obliterate()).rejects.toThrow(
      /^the ledger could not be asked: .+; tasks that are cancelled already are left: call again$/,
    );
    expect(await bench.keys()).toContain(id);
    await closeSharedLedgers();
  });

  it('deletes nothing more when nobody waits for the answer', async () => {
    await using bench = await setup();
    const id = await bench.schedule({ delayMs: 600_000 });
    await bench.put('clean', { id });
    const obliterated = runWithSignal(AbortSignal.abort(), () => bench.adapter.obliterate());

    await expect(obliterated).rejects.toThrow(
      'the request was ended; tasks that are cancelled already are left: call again',
    );
    expect(await bench.keys()).toContain(id);
  });
});
