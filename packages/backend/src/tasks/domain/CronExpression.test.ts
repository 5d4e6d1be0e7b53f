import { describe, expect, it } from 'bun:test';
import { cronProblems, nextCronRunMs, normalizeCron, timezoneProblems } from './CronExpression';

const FORM = 'expected cron to have 5 fields (minute hour day month weekday), or 6 with seconds before them';

describe('cronProblems', () => {
  it.each([
    '* * * * *',
    '0 9 * * 1',
    '*/15 * * * * *',
    '0 0 29 2 *',
    '0 0 L * *',
    '0 0 * * mon#2',
    '  0\t0 1 jan ?  ',
  ])('accepts %j', (cron) => {
    expect(cronProblems(cron)).toEqual([]);
  });

  const refused: [cron: unknown, problem: string][] = [
    [5, `${FORM}, got 5`],
    ['', `${FORM}, got ""`],
    ['* * * *', `${FORM}, got "* * * *"`],
    ['0 0 0 1 1 * 2027', `${FORM}, got "0 0 0 1 1 * 2027"`],
    ['@daily', `${FORM}, got "@daily"`],
    ['H 3 * * *', 'expected cron without the random H, got "H 3 * * *"'],
    [
      '*/90 * * * *',
      'expected each step of cron to be below 60 in this place, got /90 in "*/90"; everyMs has no such limit',
    ],
    [
      '0 */24 * * *',
      'expected each step of cron to be below 24 in this place, got /24 in "*/24"; everyMs has no such limit',
    ],
    [
      '60 * * * *',
      'expected cron to be a cron expression, got "60 * * * *": Constraint error, got value 60 expected range 0-59',
    ],
    ['x * * * *', 'expected cron to be a cron expression, got "x * * * *": Invalid characters, got value: x'],
    ['0 0 30 2 *', 'expected cron to have a next run, got "0 0 30 2 *", which never comes'],
    ['0 0 31 2,4 *', 'expected cron to have a next run, got "0 0 31 2,4 *", which never comes'],
  ];

  it.each(refused)('refuses %j', (cron, problem) => {
    expect(cronProblems(cron)).toEqual([problem]);
  });

  it('names the field it is told', () => {
    expect(cronProblems('x', 'recurring.cron')[0]).toStartWith('expected recurring.cron to have 5 fields');
  });
});

describe('normalizeCron', () => {
  it('leaves single spaces', () => {
    expect(normalizeCron(' 0\t 9  * * 1 ')).toBe('0 9 * * 1');
  });
});

describe('timezoneProblems', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/New_York'])('accepts %s', (timezone) => {
    expect(timezoneProblems(timezone)).toEqual([]);
  });

  it.each([['Mars/Phobos'], [''], [null], [2]])('refuses %j', (timezone) => {
    expect(timezoneProblems(timezone)).toEqual([
      `expected timezone to be an IANA time zone, got ${JSON.stringify(timezone)}`,
    ]);
  });
});

/** The runs after a moment, one from the other, as a worker works them out. */
const runs = (cron: string, timezone: string, after: string, count: number): string[] => {
  const found: string[] = [];
  for (let afterMs = Date.parse(after); found.length < count; ) {
    afterMs = nextCronRunMs({ cron, timezone }, afterMs);
    found.push(new Date(afterMs).toISOString().replace(':00.000Z', 'Z'));
  }
  return found;
};

describe('nextCronRunMs', () => {
  const days: [what: string, cron: string, timezone: string, after: string, expected: string[]][] = [
    [
      'follows a zone',
      '0 9 * * 1',
      'America/New_York',
      '2026-07-01T00:00Z',
      ['2026-07-06T13:00Z', '2026-07-13T13:00Z'],
    ],
    ['lies after the moment, not on it', '0 0 * * *', 'UTC', '2026-01-01T00:00Z', ['2026-01-02T00:00Z']],
    ['waits for a leap year', '0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', ['2028-02-29T00:00Z']],
    [
      'takes either day of month or weekday',
      '0 0 13 * 5',
      'UTC',
      '2026-01-01T00:00Z',
      ['2026-01-02T00:00Z', '2026-01-09T00:00Z', '2026-01-13T00:00Z'],
    ],
    // 29 March 2026, 2:00 to 3:00 does not exist in Berlin; 25 October it exists twice.
    [
      'comes an hour later where the hour is missing',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T00:00Z',
      ['2026-03-28T01:30Z', '2026-03-29T01:30Z', '2026-03-30T00:30Z'],
    ],
    [
      'comes once where the hour exists twice',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    [
      'keeps every run of the missing hour',
      '*/30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-29T01:30Z', '2026-03-30T00:00Z'],
    ],
    [
      'makes one of two runs that fall together',
      '0 2,3 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-30T00:00Z'],
    ],
    [
      'does the same in New York in March',
      '30 2 * * *',
      'America/New_York',
      '2026-03-07T12:00Z',
      ['2026-03-08T07:30Z', '2026-03-09T06:30Z'],
    ],
    [
      'does the same in New York in November',
      '30 1 * * *',
      'America/New_York',
      '2026-10-31T12:00Z',
      ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
    ],
    [
      'comes in both hours when every hour counts',
      '30 * * * *',
      'Europe/Berlin',
      '2026-10-24T23:45Z',
      ['2026-10-25T00:30Z', '2026-10-25T01:30Z', '2026-10-25T02:30Z'],
    ],
  ];

  it.each(days)('%s', (_what, cron, timezone, after, expected) => {
    expect(runs(cron, timezone, after, expected.length)).toEqual(expected);
  });

  const starts: [timezone: string, cron: string, day: string][] = [
    ['Europe/Berlin', '30 2 * * *', '2026-03-29'],
    ['Europe/Berlin', '30 2 * * *', '2026-10-25'],
    ['America/New_York', '30 1,2 * * *', '2026-03-08'],
    ['America/New_York', '30 1 * * *', '2026-11-01'],
    ['Australia/Lord_Howe', '45 1,2 * * *', '2026-04-04'],
    ['Australia/Lord_Howe', '15 2 * * *', '2026-10-03'],
  ];

  it.each(starts)('in %s, %s on %s is the same from wherever the search begins', (timezone, cron, day) => {
    const fromMs = Date.parse(`${day}T00:00Z`);
    const oneByOne = new Set<number>();
    for (let atMs = fromMs - 86_400_000; atMs < fromMs + 2 * 86_400_000; ) {
      atMs = nextCronRunMs({ cron, timezone }, atMs);
      oneByOne.add(atMs);
    }
    const fromAnywhere = new Set<number>();
    for (let atMs = fromMs; atMs < fromMs + 86_400_000; atMs += 5 * 60_000) {
      fromAnywhere.add(nextCronRunMs({ cron, timezone }, atMs));
    }
    expect(
      [...fromAnywhere].filter((runMs) => !oneByOne.has(runMs)).map((ms) => new Date(ms).toISOString()),
    ).toEqual([]);
  });
});
