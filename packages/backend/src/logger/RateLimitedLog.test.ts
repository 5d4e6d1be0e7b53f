import { describe, expect, it } from 'bun:test';
import { getMockedLogger } from './__mocks__/Logger.mock';
import { createRateLimitedLog } from './RateLimitedLog';

const setup = () => {
  const logger = getMockedLogger();
  const clock = { nowMs: 0 };
  const log = createRateLimitedLog({ logger, windowMs: 100, now: () => clock.nowMs });
  return { logger, clock, log };
};

describe('createRateLimitedLog', () => {
  it('writes the first line of a key at once and then one a window, with the number of those between', () => {
    const { logger, clock, log } = setup();
    for (clock.nowMs = 0; clock.nowMs <= 250; clock.nowMs += 50)
      log.warn('lost', 'Redis is gone', { url: 'h' });

    expect(logger.warn.mock.calls).toEqual([
      ['Redis is gone', { url: 'h' }],
      ['Redis is gone', { url: 'h', suppressedCount: 1 }],
      ['Redis is gone', { url: 'h', suppressedCount: 1 }],
    ]);
  });

  it('passes errors on', () => {
    const { logger, clock, log } = setup();
    const error = new Error('refused');
    log.error('lost', 'Redis is gone', error);
    log.error('lost', 'Redis is gone', error);
    clock.nowMs = 100;
    log.error('lost', 'Redis is gone', error);

    expect(logger.error.mock.calls).toEqual([
      ['Redis is gone', error, undefined],
      ['Redis is gone', error, { suppressedCount: 1 }],
    ]);
  });

  it('keeps keys apart', () => {
    const { logger, log } = setup();
    log.warn('a', 'x');
    log.warn('b', 'y');

    expect(logger.warn).toHaveBeenCalledTimes(2);
  });

  it('remembers 1,000 keys and forgets the oldest', () => {
    const { logger, log } = setup();
    for (let i = 0; i <= 1000; i++) log.warn(`key ${i}`, 'x');
    log.warn('key 1', 'x');
    expect(logger.warn).toHaveBeenCalledTimes(1001);

    log.warn('key 0', 'x');
    expect(logger.warn).toHaveBeenCalledTimes(1002);
  });
});
