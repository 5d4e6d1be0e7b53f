import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { createEventLoopWatch } from './EventLoopWatch';

const INTERVAL_MS = 250;

const setup = () => {
  const logger = getMockedLogger();
  let nowMs = 5000;
  const watch = createEventLoopWatch({
    logger,
    lockMs: 1000,
    takeRecentTasks: () => ['a:b', 'c:d'],
    now: () => nowMs,
  });
  const checkAfter = (ms: number): void => {
    nowMs += ms;
    watch.check();
  };
  return { logger, watch, checkAfter, [Symbol.dispose]: () => watch.stop() };
};

describe('createEventLoopWatch', () => {
  it('names the tasks that ran when the loop stood still for half the lock', () => {
    using watched = setup();
    watched.checkAfter(INTERVAL_MS + 500);

    expect(watched.logger.warn.mock.calls).toEqual([
      [
        'The event loop stood still; when it does for longer than the lock, tasks that run here may run elsewhere too',
        { lagMs: 500, lockMs: 1000, recentTasks: ['a:b', 'c:d'] },
      ],
    ]);
  });

  it('says nothing of a shorter lag', () => {
    using watched = setup();
    watched.checkAfter(INTERVAL_MS + 499);
    watched.checkAfter(INTERVAL_MS);
    watched.checkAfter(INTERVAL_MS + 400);

    expect(watched.logger.warn).not.toHaveBeenCalled();
  });

  it('measures each check from the one before', () => {
    using watched = setup();
    watched.checkAfter(INTERVAL_MS + 300);
    watched.checkAfter(INTERVAL_MS + 300);

    expect(watched.logger.warn).not.toHaveBeenCalled();
  });
});
