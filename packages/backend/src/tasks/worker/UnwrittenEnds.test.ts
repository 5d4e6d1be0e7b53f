import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { err, ok } from 'neverthrow';
import { TaskId } from '../domain/TaskId';
import { sampleEntry } from '../ledger/__fixtures__/LedgerBench';
import { LedgerError } from '../ledger/LedgerError';
import { type EndedAttempt } from '../ledger/LedgerWriter';
import { createUnwrittenEnds } from './UnwrittenEnds';

const endOf = (attempt: number, given: Partial<EndedAttempt> = {}): EndedAttempt => ({
  ...{ id: TaskId(), attempt, workerId: 'w1', startedAtMs: 1, endedAtMs: 2 },
  hasBegun: true,
  outcome: { kind: 'completed', value: attempt },
  ...given,
});

const entry = sampleEntry();

const DROPPED =
  'More ends wait for the ledger than are kept; the reconciler writes those of tasks that the ledger knows';

const setup = () => {
  const state = { isAway: true, refused: new Set<number>(), unknown: new Set<number>() };
  const written: number[] = [];
  const inserted: unknown[] = [];
  const logger = getMockedLogger();
  const ends = createUnwrittenEnds({
    writer: {
      end: async ({ attempt }) => {
        if (state.isAway) return err(new LedgerError('no answer', { code: 'ledger-unavailable' }));
        if (state.unknown.has(attempt)) return ok({ kind: 'absent' });
        if (state.refused.has(attempt)) return err(new LedgerError('no right', { code: 'ledger-refused' }));
        written.push(attempt);
        return ok({ kind: 'recorded' });
      },
      endUnknown: async ({ id }, { attempt }) => {
        await Bun.sleep(0);
        if (state.refused.has(attempt))
          return err(new LedgerError('no answer', { code: 'ledger-unavailable' }));
        inserted.push([id, attempt]);
        return ok({ kind: 'recorded' });
      },
    },
    logger,
  });
  return { state, written, inserted, logger, ends };
};

describe('createUnwrittenEnds', () => {
  it('writes ends in their order when the ledger answers, each once', async () => {
    const { state, written, ends } = setup();
    for (const attempt of [1, 2, 3]) ends.add(endOf(attempt), entry);
    await ends.write();
    expect(written).toEqual([]);
    state.isAway = false;
    await ends.write();
    await ends.write();
    await ends.stop(0);

    expect(written).toEqual([1, 2, 3]);
  });

  it('drops the oldest of too many, and says so', async () => {
    const { state, written, logger, ends } = setup();
    for (let attempt = 0; attempt <= 10_000; attempt += 1) ends.add(endOf(attempt), entry);
    state.isAway = false;
    await ends.write();
    await ends.stop(0);

    expect([written.length, written[0]]).toEqual([10_000, 1]);
    expect(logger.warn.mock.calls.map(([message]) => message)).toEqual([DROPPED]);
  });

  const LARGE = 'a'.repeat(20_000_000);
  const largeEntry = sampleEntry({}, { payload: LARGE });
  const largeOutcome = { kind: 'completed', value: LARGE } as const;

  it.each([
    ['payloads', {}, largeEntry],
    ['results', { outcome: largeOutcome }, entry],
  ] as const)('drops the oldest of those whose %s are too large together', async (_, given, large) => {
    const { state, written, logger, ends } = setup();
    for (const attempt of [1, 2, 3]) ends.add(endOf(attempt, given), large);
    state.isAway = false;
    await ends.write();
    for (const attempt of [4, 5]) ends.add(endOf(attempt, given), large);
    await ends.write();
    await ends.stop(0);

    expect(written).toEqual([2, 3, 4, 5]);
    expect(logger.warn.mock.calls.map(([message]) => message)).toEqual([DROPPED]);
  });

  it('writes the ends of one task one after the other, and goes on where it was', async () => {
    const { state, written, inserted, ends } = setup();
    const id = TaskId();
    for (const attempt of [1, 2, 3, 4]) ends.add(endOf(attempt, { id }), entry);
    state.isAway = false;
    state.unknown = new Set([1, 3, 4]);
    state.refused = new Set([3]);
    await ends.write();
    const before = [...inserted];
    expect([ends.has(id), written]).toEqual([true, [2]]);
    state.refused.clear();
    await ends.write();
    await ends.stop(0);

    expect(before).toEqual([[entry.id, 1]]);
    expect(inserted).toEqual([1, 3, 4].map((attempt) => [entry.id, attempt]));
    expect([ends.has(id), written]).toEqual([false, [2]]);
  });

  it('writes the ends of other tasks that the ledger does not know beside one that cannot be written', async () => {
    const { state, inserted, ends } = setup();
    for (const attempt of [1, 2, 3]) ends.add(endOf(attempt), entry);
    state.isAway = false;
    state.unknown = new Set([1, 2, 3]);
    state.refused = new Set([2]);
    await ends.write();
    await ends.stop(0);

    expect(inserted).toEqual([1, 3].map((attempt) => [entry.id, attempt]));
  });

  it('drops an end that is refused, and writes those behind it', async () => {
    const { state, written, logger, ends } = setup();
    for (let attempt = 1; attempt <= 250; attempt += 1) ends.add(endOf(attempt), entry);
    for (let attempt = 1; attempt <= 200; attempt += 1) state.refused.add(attempt);
    state.isAway = false;
    await ends.write();
    await ends.write();
    await ends.stop(0);

    expect([written.length, written[0]]).toEqual([50, 201]);
    expect(logger.warn.mock.calls).toEqual([
      [
        'The ledger refuses the end of an attempt, which is not tried again',
        { taskId: expect.any(String), attempt: 1, reason: 'no right' },
      ],
    ]);
  });

  it('writes everything before it has stopped, and keeps nothing then', async () => {
    const { state, written, logger, ends } = setup();
    for (let attempt = 1; attempt <= 450; attempt += 1) ends.add(endOf(attempt), entry);
    state.isAway = false;
    await ends.stop(1000);
    ends.add(endOf(451), entry);
    await ends.write();

    expect(written.length).toBe(450);
    expect(logger.warn.mock.calls).toEqual([]);
  });

  it('says at a stop how many are left', async () => {
    const { written, logger, ends } = setup();
    for (const attempt of [1, 2, 3]) ends.add(endOf(attempt), entry);
    await ends.stop(1000);

    expect(written).toEqual([]);
    expect(logger.warn.mock.calls).toEqual([
      [
        'Ends of attempts are not in the ledger at the stop; the reconciler writes those of tasks that the ledger knows',
        { count: 3 },
      ],
    ]);
  });

  it('waits at a stop no longer than it may', async () => {
    const logger = getMockedLogger();
    const ends = createUnwrittenEnds({
      writer: { end: () => new Promise(() => undefined), endUnknown: async () => ok({ kind: 'recorded' }) },
      logger,
    });
    ends.add(endOf(1), entry);
    await ends.stop(1);

    expect(logger.warn.mock.calls.map(([, facts]) => facts)).toEqual([{ count: 1 }]);
  });
});
