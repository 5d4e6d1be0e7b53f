import { describe, expect, it } from 'bun:test';
import {
  describeTiming,
  nextRunMs,
  type ScheduleTiming,
  timingProblems,
  toCompleteTiming,
} from './ScheduleTiming';

describe('timingProblems', () => {
  const fine: ScheduleTiming[] = [
    { everyMs: 1000 },
    { everyMs: 315_360_000_000 },
    { cron: '0 9 * * 1' },
    { cron: '0 9 * * 1', timezone: 'America/New_York' },
  ];

  it.each(fine)('accepts %j', (timing) => {
    expect(timingProblems(timing)).toEqual([]);
  });

  const refused: [timing: unknown, problems: string[]][] = [
    [undefined, ['expected the timing to be { everyMs } or { cron, timezone }, got undefined']],
    ['0 9 * * 1', ['expected the timing to be { everyMs } or { cron, timezone }, got "0 9 * * 1"']],
    [{}, ['expected exactly one of everyMs and cron, got neither']],
    [{ everyMs: 1000, cron: '* * * * *' }, ['expected exactly one of everyMs and cron, got both']],
    [{ everyMs: 999 }, ['expected everyMs to be an integer from 1000 to 315360000000, got 999']],
    [{ everyMs: '1000' }, ['expected everyMs to be an integer from 1000 to 315360000000, got "1000"']],
    [{ everyMs: Number.NaN }, ['expected everyMs to be an integer from 1000 to 315360000000, got NaN']],
    [{ everyMs: 1000, timezone: 'UTC' }, ['expected timezone only beside cron, got it beside everyMs']],
    [
      { cron: '0 0 * * *', timezone: 'Mars/Phobos' },
      ['expected timezone to be an IANA time zone, got "Mars/Phobos"'],
    ],
    [
      { cronn: '0 0 * * *' },
      ['unknown option cronn. Did you mean "cron"?', 'expected exactly one of everyMs and cron, got neither'],
    ],
  ];

  it.each(refused)('refuses %j', (timing, problems) => {
    expect(timingProblems(timing)).toEqual(problems);
  });
});

describe('toCompleteTiming', () => {
  it('fills in the zone and single spaces', () => {
    expect(toCompleteTiming({ cron: ' 0  9 * * 1' })).toEqual({ cron: '0 9 * * 1', timezone: 'UTC' });
    expect(toCompleteTiming({ everyMs: 1000 })).toEqual({ everyMs: 1000 });
  });
});

describe('nextRunMs', () => {
  it.each([
    [1000, 1000, 1500],
    [1000, 1499, 1500],
    [1000, 1500, 2000],
    [1000, 9999, 10_000],
  ])('from a run at %i, the one after %i is at %i every 500 ms', (gridMs, afterMs, expected) => {
    expect(nextRunMs({ everyMs: 500 }, { gridMs, afterMs })).toBe(expected);
  });

  it('asks the cron expression', () => {
    const timing = { cron: '0 0 * * *', timezone: 'UTC' };
    expect(nextRunMs(timing, { gridMs: 5, afterMs: 0 })).toBe(86_400_000);
  });
});

describe('describeTiming', () => {
  it.each([
    [{ everyMs: 1000 }, 'every second'],
    [{ everyMs: 1500 }, 'every 1500 milliseconds'],
    [{ everyMs: 90_000 }, 'every 90 seconds'],
    [{ everyMs: 300_000 }, 'every 5 minutes'],
    [{ everyMs: 3_600_000 }, 'every hour'],
    [{ everyMs: 172_800_000 }, 'every 2 days'],
    [{ cron: '0 9 * * 1', timezone: 'UTC' }, 'At 09:00, only on Monday'],
    [{ cron: '*/15 * * * * *', timezone: 'UTC' }, 'Every 15 seconds'],
    [{ cron: 'what cronstrue cannot read', timezone: 'UTC' }, 'what cronstrue cannot read'],
  ])('says %j as %s', (timing, words) => {
    expect(describeTiming(timing)).toBe(words);
  });
});
