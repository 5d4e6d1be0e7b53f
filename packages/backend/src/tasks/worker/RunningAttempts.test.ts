import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { err, ok, type Result } from 'neverthrow';
import { TaskId } from '../domain/TaskId';
import { LedgerError } from '../ledger/LedgerError';
import { createRunningAttempts } from './RunningAttempts';

const setup = ({ answer = ok<void, LedgerError>() }: { answer?: Result<void, LedgerError> } = {}) => {
  const clock = { nowMs: 1000 };
  const told: (readonly [ids: readonly TaskId[], nowMs: number])[] = [];
  const logger = getMockedLogger();
  const running = createRunningAttempts({
    writer: {
      touch: async (attempts, nowMs) => {
        told.push([attempts.map(({ id }) => id), nowMs]);
        return answer;
      },
    },
    intervalMs: 1000,
    logger,
    now: () => clock.nowMs,
  });
  running.stop(); // its timer; the tests tell by themselves
  const begin = (id: TaskId) => running.add({ id, attempt: 1, workerId: 'w1', startedAtMs: clock.nowMs });
  const tellAt = (nowMs: number): Promise<void> => {
    clock.nowMs = nowMs;
    return running.tell();
  };
  return { begin, tellAt, told, logger };
};

describe('createRunningAttempts', () => {
  it('tells of an attempt that has run for a moment, and then at intervals', async () => {
    const { begin, tellAt, told } = setup();
    const id = TaskId();
    begin(id);
    for (const nowMs of [1000, 1249, 1250, 2000, 2249, 2250]) await tellAt(nowMs);

    expect(told).toEqual([
      [[id], 1250],
      [[id], 2250],
    ]);
  });

  it('tells of none that is over, and of all that are due at once', async () => {
    const { begin, tellAt, told } = setup();
    const ids = [TaskId(), TaskId()] as const;
    const over = begin(TaskId());
    for (const id of ids) begin(id);
    over();
    await tellAt(1500);

    expect(told).toEqual([[[...ids], 1500]]);
  });

  it('says once when the ledger does not hear it', async () => {
    const { begin, tellAt, logger } = setup({
      answer: err(new LedgerError('no answer', { code: 'ledger-unavailable' })),
    });
    begin(TaskId());
    await tellAt(2000);
    await tellAt(4000);

    expect(logger.warn.mock.calls).toEqual([
      ['The ledger was not told which tasks run', { reason: 'no answer' }],
    ]);
  });
});
