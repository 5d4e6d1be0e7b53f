import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { err, ok } from 'neverthrow';
import { TaskId } from '../domain/TaskId';
import { LedgerError } from '../ledger/LedgerError';
import { type EndedAttempt } from '../ledger/LedgerWriter';
import { createUnwrittenEnds } from './UnwrittenEnds';

const endOf = (attempt: number): EndedAttempt => ({
  ...{ id: TaskId(), attempt, workerId: 'w1', startedAtMs: 1, endedAtMs: 2 },
  hasBegun: true,
  outcome: { kind: 'completed', value: attempt },
});

const setup = () => {
  const state = { isAway: true };
  const written: number[] = [];
  const logger = getMockedLogger();
  const ends = createUnwrittenEnds({
    writer: {
      end: async ({ attempt }) => {
        if (state.isAway) return err(new LedgerError('no answer', { code: 'ledger-unavailable' }));
        written.push(attempt);
        return ok({ kind: 'recorded' });
      },
    },
    logger,
  });
  return { state, written, logger, ends };
};

describe('createUnwrittenEnds', () => {
  it('writes ends in their order when the ledger answers, each once', async () => {
    const { state, written, ends } = setup();
    for (const attempt of [1, 2, 3]) ends.add(endOf(attempt));
    await ends.write();
    expect(written).toEqual([]);
    state.isAway = false;
    await ends.write();
    await ends.write();
    ends.stop();

    expect(written).toEqual([1, 2, 3]);
  });

  it('drops the oldest of too many, and says so', async () => {
    const { state, written, logger, ends } = setup();
    for (let attempt = 0; attempt <= 10_000; attempt += 1) ends.add(endOf(attempt));
    state.isAway = false;
    await ends.write();
    ends.stop();

    expect([written.length, written[0]]).toEqual([10_000, 1]);
    expect(logger.warn.mock.calls.map(([message]) => message)).toEqual([
      'More ends wait for the ledger than are kept; the reconciler writes them',
    ]);
  });
});
