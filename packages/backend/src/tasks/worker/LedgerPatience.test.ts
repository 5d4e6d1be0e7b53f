import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { err, ok, type Result } from 'neverthrow';
import { LedgerError } from '../ledger/LedgerError';
import { createLedgerPatience, LEDGER_AWAY_MESSAGE, LEDGER_SKIPPED_MESSAGE } from './LedgerPatience';
import { createShutdown } from './Shutdown';

const away = err(new LedgerError('no answer', { code: 'ledger-unavailable' }));
const refused = err(new LedgerError('no right', { code: 'ledger-refused' }));

const setup = ({ isRequired = true } = {}) => {
  const logger = getMockedLogger();
  const shutdown = createShutdown();
  const pauses: (() => void)[] = [];
  const patience = createLedgerPatience({
    isRequired,
    shutdown,
    logger,
    pause: () => new Promise<void>((resolve) => pauses.push(resolve)),
  });
  const calls = { count: 0 };
  /** Answers one after the other, the last one for good. */
  const answers = (...given: Result<string, LedgerError>[]) => {
    return async () => given[Math.min(calls.count++, given.length - 1)] ?? away;
  };
  const turn = async (): Promise<void> => {
    for (let turns = 0; turns < 5; turns += 1) await Promise.resolve();
  };
  return { logger, shutdown, patience, pauses, calls, answers, turn };
};

describe('createLedgerPatience', () => {
  it('asks a database again that is away, until it answers', async () => {
    const { patience, pauses, answers, calls, turn, logger } = setup();
    const asked = patience.insist(answers(away, away, ok('there')));
    for (let pauseCount = 0; pauseCount < 2; pauseCount += 1) {
      await turn();
      pauses[pauseCount]?.();
    }

    expect((await asked)._unsafeUnwrap()).toBe('there');
    expect(calls.count).toBe(3);
    expect(logger.warn.mock.calls).toEqual([[LEDGER_AWAY_MESSAGE, { reason: 'no answer' }]]);
  });

  it('asks again what is refused', async () => {
    const { patience, pauses, answers, turn } = setup();
    const asked = patience.insist(answers(refused, ok('there')));
    await turn();
    pauses[0]?.();

    expect((await asked)._unsafeUnwrap()).toBe('there');
  });

  it('asks once what nobody waits for', async () => {
    const other = setup({ isRequired: false });

    expect((await other.patience.insist(other.answers(away)))._unsafeUnwrapErr().code).toBe(
      'ledger-unavailable',
    );
    expect(other.calls.count).toBe(1);
    expect(other.logger.warn.mock.calls).toEqual([[LEDGER_SKIPPED_MESSAGE, { reason: 'no answer' }]]);
  });

  it('asks once more when the worker waits no longer, and then never twice', async () => {
    const { patience, shutdown, pauses, answers, calls, turn } = setup();
    const asked = patience.insist(answers(away));
    await turn();
    shutdown.begin();
    pauses[0]?.();

    expect((await asked)._unsafeUnwrapErr().code).toBe('ledger-unavailable');
    expect(calls.count).toBe(1);
    await patience.insist(answers(away));
    expect(calls.count).toBe(2);
  });

  it('waits for a silent database no longer than a stop has time', async () => {
    const { patience, shutdown } = setup();
    const asked = patience.insist(() => new Promise<Result<string, LedgerError>>(() => undefined));
    shutdown.begin();

    expect((await asked)._unsafeUnwrapErr()).toMatchObject({
      code: 'ledger-unavailable',
      message: 'the worker stops, and the ledger did not answer in time',
    });
  });
});
