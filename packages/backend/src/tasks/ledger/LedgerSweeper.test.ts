import { describe, expect, it, jest } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { err, ok } from 'neverthrow';
import { TaskId } from '../domain/TaskId';
import { createHistoryBench, failure } from './__fixtures__/HistoryBench';
import { CREATED_AT_MS } from './__fixtures__/LedgerBench';
import { LedgerError } from './LedgerError';
import { type SweepRule } from './LedgerHistory';
import { createLedgerSweeper, type LedgerRetention } from './LedgerSweeper';

const NOW_MS = CREATED_AT_MS + 10_000;

/** A sweeper of a history that answers with these counts, one after the other, and notes what it is asked. */
const setup = (
  retention: LedgerRetention,
  answers: readonly (number | LedgerError | Promise<number>)[] = [],
) => {
  const rules: SweepRule[] = [];
  const logger = getMockedLogger();
  let pauses = 0;
  const sweeper = createLedgerSweeper({
    history: {
      sweep: async (rule) => {
        const answer = await (answers[rules.push(rule) - 1] ?? 0);
        return typeof answer === 'number' ? ok(answer) : err(answer);
      },
    },
    retention,
    logger,
    now: () => NOW_MS,
    pause: async () => {
      pauses += 1;
      if (onPause.stops) void sweeper.stop();
    },
  });
  const onPause = { stops: false };
  return { rules, logger, sweeper, onPause, pauses: () => pauses };
};

describe('createLedgerSweeper', () => {
  it('deletes what is older than the age of its status, and keeps for ever what has none', async () => {
    const { rules, sweeper } = setup({ completed: 1000, failed: 0, cancelled: 3000 });
    await sweeper.sweep();
    await sweeper.stop();

    expect(rules).toEqual([
      { status: 'completed', endedBeforeMs: NOW_MS - 1000, nowMs: NOW_MS, limit: 1000 },
      { status: 'cancelled', endedBeforeMs: NOW_MS - 3000, nowMs: NOW_MS, limit: 1000 },
    ]);
  });

  it('deletes batch by batch, with a pause before each further one', async () => {
    const { rules, sweeper, logger, pauses } = setup(
      { completed: 1, failed: 1, cancelled: 0 },
      [1000, 1000, 7, 2],
    );
    await sweeper.sweep();
    await sweeper.stop();

    expect(rules.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed', 'failed']);
    expect(pauses()).toBe(2);
    expect(logger.debug.mock.calls).toEqual([
      ['Old tasks were deleted from the ledger', { status: 'completed', deletedCount: 2007 }],
      ['Old tasks were deleted from the ledger', { status: 'failed', deletedCount: 2 }],
    ]);
  });

  it('says so when the ledger does not answer, and tries again the next time', async () => {
    const away = new LedgerError('the database is away', { code: 'ledger-unavailable' });
    const { rules, sweeper, logger } = setup({ completed: 1, failed: 0, cancelled: 0 }, [away]);
    await sweeper.sweep();
    await sweeper.sweep();
    await sweeper.stop();

    expect(rules).toHaveLength(2);
    expect(logger.warn.mock.calls).toEqual([
      [
        'Old tasks could not be deleted from the ledger',
        { status: 'completed', reason: 'the database is away' },
      ],
    ]);
  });

  it('sweeps once at a time, and no further once it is stopped', async () => {
    const { rules, sweeper } = setup({ completed: 1, failed: 1, cancelled: 1 }, [1000, 1000]);
    const sweeps = [sweeper.sweep(), sweeper.sweep()];
    await sweeper.stop();
    await Promise.all(sweeps);

    expect(rules).toHaveLength(1);
  });

  it('deletes nothing after a pause in which it was stopped', async () => {
    const { rules, sweeper, onPause } = setup({ completed: 1, failed: 1, cancelled: 0 }, [1000, 1000]);
    onPause.stops = true;
    await sweeper.sweep();

    expect(rules).toHaveLength(1);
  });

  it('has stopped when what is under way is done', async () => {
    const deleting = Promise.withResolvers<number>();
    const { sweeper } = setup({ completed: 1, failed: 0, cancelled: 0 }, [deleting.promise]);
    const events: string[] = [];
    void sweeper.sweep().then(() => events.push('swept'));
    const stopped = sweeper.stop().then(() => events.push('stopped'));
    deleting.resolve(7);
    await stopped;

    expect(events).toEqual(['swept', 'stopped']);
  });

  it('looks a minute after its start, then each ten minutes, and before it not at all', async () => {
    jest.useFakeTimers();
    try {
      const { rules, sweeper } = setup({ completed: 1, failed: 0, cancelled: 0 });
      const pass = async (minutes: number) => {
        jest.advanceTimersByTime(minutes * 60_000);
        for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
        return rules.length;
      };

      expect(await pass(20)).toBe(0);
      sweeper.start();
      expect([await pass(1), await pass(9), await pass(10)]).toEqual([1, 2, 3]);
      await sweeper.stop();
      expect(await pass(20)).toBe(3);
    } finally {
      jest.useRealTimers();
    }
  });

  it('deletes from a real ledger', async () => {
    const { bench, history, add, end, idsOf } = await createHistoryBench('sqlite');
    await using _ = bench;
    await end(await add());
    const failed = await end(await add({ id: TaskId() }), { outcome: failure });
    const young = await end(await add(), { endedAtMs: NOW_MS });
    const retention = { completed: 5000, failed: 0, cancelled: 0 };
    const sweeper = createLedgerSweeper({ history, retention, logger: getMockedLogger(), now: () => NOW_MS });
    await sweeper.sweep();
    await sweeper.stop();

    expect(await idsOf()).toEqual([young, failed]);
  });
});
