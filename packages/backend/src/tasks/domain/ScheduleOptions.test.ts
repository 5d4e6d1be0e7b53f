import { describe, expect, it } from 'bun:test';
import { UserId } from '@core/domain/user/user';
import { MAX_DELAY_MS, MAX_TIMER_MS } from './numberRule';
import { scheduleOptionProblems, toDelayMs } from './ScheduleOptions';

const nowMs = Date.UTC(2030, 0, 1);
const dateAfter = (ms: number): Date => new Date(nowMs + ms);

describe('scheduleOptionProblems', () => {
  it.each([
    [undefined],
    [{}],
    [{ userId: UserId(), delayMs: 0, priority: 'low', maxAttempts: 1, backoffMs: 0, timeoutMs: 1 }],
    [{ delayMs: MAX_DELAY_MS, maxAttempts: 1000, backoffMs: MAX_DELAY_MS, timeoutMs: MAX_TIMER_MS }],
    [{ expiresInMs: 1, retry: { backoff: 'steps', stepsMs: [1] } }],
    [{ at: dateAfter(0) }],
    [{ at: dateAfter(-60_000) }],
    [{ at: dateAfter(MAX_DELAY_MS) }],
    [{ at: undefined, delayMs: 5, userId: undefined, metadata: undefined }],
    [{ metadata: { tenant: 'a', list: [1, { deep: null }] } }],
    [{ metadata: { text: 'x'.repeat(16 * 1024 - 11) } }],
  ])('accepts case %#', (options) => {
    expect(scheduleOptionProblems(options, nowMs)).toEqual([]);
  });

  const wrong: [options: unknown, problem: string][] = [
    [null, 'expected options to be an object, got null'],
    [[], 'expected options to be an object, got []'],
    [5000, 'expected options to be an object, got 5000'],
    [{ delay: 5 }, 'unknown option delay. Did you mean "delayMs"?'],
    [{ delayMs: '1000' }, 'expected delayMs to be an integer from 0 to 315360000000, got "1000"'],
    [{ delayMs: -1 }, 'expected delayMs to be an integer from 0 to 315360000000, got -1'],
    [{ delayMs: Number.NaN }, 'expected delayMs to be an integer from 0 to 315360000000, got NaN'],
    [
      { delayMs: Number.POSITIVE_INFINITY },
      'expected delayMs to be an integer from 0 to 315360000000, got Infinity',
    ],
    [{ delayMs: 0.5 }, 'expected delayMs to be an integer from 0 to 315360000000, got 0.5'],
    [
      { delayMs: MAX_DELAY_MS + 1 },
      'expected delayMs to be an integer from 0 to 315360000000, got 315360000001',
    ],
    [{ delayMs: null }, 'expected delayMs to be an integer from 0 to 315360000000, got null'],
    [{ maxAttempts: 0 }, 'expected maxAttempts to be an integer from 1 to 1000, got 0'],
    [{ backoffMs: -1 }, 'expected backoffMs to be an integer from 0 to 315360000000, got -1'],
    [
      { timeoutMs: MAX_TIMER_MS + 1 },
      'expected timeoutMs to be an integer from 1 to 2147483647, got 2147483648',
    ],
    [
      { priority: 101 },
      'expected priority to be low, normal, high, critical or an integer from 0 to 100, got 101',
    ],
    [{ expiresInMs: 0 }, 'expected expiresInMs to be an integer from 1 to 315360000000, got 0'],
    [
      { retry: { backoff: 'never' } },
      'expected retry.backoff to be one of exponential, linear, fixed, steps, got "never"',
    ],
    [{ retry: { retryOn: () => true } }, 'expected retry without retryOn, which only a definition may have'],
    [{ retry: { jitter: false }, backoffMs: 5 }, 'expected either backoffMs or retry, got both'],
    [{ userId: 'ada' }, 'expected userId to be a user id (a UUID), got "ada"'],
    [{ userId: null }, 'expected userId to be a user id (a UUID), got null'],
    [{ at: dateAfter(0), delayMs: 0 }, 'expected either delayMs or at, got both'],
    [{ at: new Date(Number.NaN) }, 'expected at to be a valid Date, got an invalid date'],
    [{ at: nowMs }, `expected at to be a valid Date, got ${nowMs}`],
    [{ at: '2030-01-01' }, 'expected at to be a valid Date, got "2030-01-01"'],
    [
      { at: dateAfter(-60_001) },
      'expected at to lie between one minute ago and 10 years ahead, got 2029-12-31T23:58:59.999Z',
    ],
    [
      { at: dateAfter(MAX_DELAY_MS + 1) },
      'expected at to lie between one minute ago and 10 years ahead, got 2039-12-30T00:00:00.001Z',
    ],
    [
      { at: new Date(8.64e15) },
      'expected at to lie between one minute ago and 10 years ahead, got +275760-09-13T00:00:00.000Z',
    ],
    [{ metadata: 'x' }, 'expected metadata to be an object, got "x"'],
    [{ metadata: null }, 'expected metadata to be an object, got null'],
    [{ metadata: [1] }, 'expected metadata to be an object, got [1]'],
    [{ metadata: new Date(0) }, 'expected metadata to be an object, got 1970-01-01T00:00:00.000Z'],
    [
      { metadata: { size: 1n } },
      'metadata: expected size to be something JSON carries unchanged, got a bigint',
    ],
    [
      { metadata: { text: 'x'.repeat(16 * 1024 - 10) } },
      'metadata: expected at most 16384 bytes of JSON, got 16385',
    ],
  ];

  it.each(wrong.map(([options, problem]) => [problem, options] as const))(
    'answers: %s',
    (problem, options) => {
      expect(scheduleOptionProblems(options, nowMs)).toEqual([problem]);
    },
  );

  it('lists every problem at once', () => {
    const options = { delay: 1, delayMs: -1, priority: 'x', userId: 'x', at: 5, metadata: 5 };

    expect(scheduleOptionProblems(options, nowMs)).toHaveLength(6);
  });
});

describe('toDelayMs', () => {
  it.each([
    [{}, 0],
    [{ delayMs: 5 }, 5],
    [{ at: dateAfter(7) }, 7],
    [{ at: dateAfter(0) }, 0],
    [{ at: dateAfter(-60_000) }, 0],
  ])('for %j is %i', (options, delayMs) => {
    expect(toDelayMs(options, nowMs)).toBe(delayMs);
  });
});
