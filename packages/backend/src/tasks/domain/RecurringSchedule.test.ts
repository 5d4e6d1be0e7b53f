import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { decideTick, LATE_MS, recurringOptionProblems } from './RecurringSchedule';

describe('recurringOptionProblems', () => {
  it.each([[undefined], [{}], [{ id: 'a', missed: 'skip', overlap: 'allow' }], [{ missed: undefined }]])(
    'accepts %j',
    (options) => {
      expect(recurringOptionProblems(options)).toEqual([]);
    },
  );

  const refused: [options: unknown, problem: string][] = [
    [null, 'expected options to be an object, got null'],
    [[], 'expected options to be an object, got []'],
    [{ id: '' }, 'expected id to be 1 to 128 characters of A-Z a-z 0-9 . _ : -, got ""'],
    [{ missed: 'all' }, 'expected missed to be one of once, skip, got "all"'],
    [{ overlap: true }, 'expected overlap to be one of allow, skip, got true'],
    [{ mised: 'once' }, 'unknown option mised. Did you mean "missed"?'],
  ];

  it.each(refused)('refuses %j', (options, problem) => {
    expect(recurringOptionProblems(options)).toEqual([problem]);
  });
});

describe('decideTick', () => {
  const dueMs = 1_000_000;
  const minuteMs = 60_000;
  const at = (nowMs: number, missed: 'once' | 'skip' = 'once') =>
    decideTick({ timing: { everyMs: minuteMs }, missed, dueMs, nowMs });

  it.each([dueMs, dueMs + LATE_MS])('runs what is in time: at %i', (nowMs) => {
    const expected = { isRun: true, isMissed: false, nextMs: dueMs + minuteMs };
    expect([at(nowMs), at(nowMs, 'skip')]).toEqual([expected, expected]);
  });

  it('runs once for all that were missed, or not at all', () => {
    const nowMs = dueMs + 5 * minuteMs + 1;
    const nextMs = dueMs + 6 * minuteMs;

    expect(at(nowMs)).toEqual({ isRun: true, isMissed: true, nextMs });
    expect(at(nowMs, 'skip')).toEqual({ isRun: false, isMissed: true, nextMs });
  });

  it.each([[0], [-1000], [Number.NaN], [1e300], [0.5]])(
    'throws for an interval of %d, after which nothing can come',
    (everyMs) => {
      expect(() => decideTick({ timing: { everyMs }, missed: 'once', dueMs, nowMs: dueMs })).toThrow(
        'has no next run',
      );
    },
  );

  const intervals = fc.integer({ min: 1000, max: 315_360_000_000 });

  it('comes back to the grid, after now, whatever the interval and the downtime', () => {
    fc.assert(
      fc.property(intervals, fc.integer({ min: LATE_MS + 1, max: 10 ** 12 }), (everyMs, downMs) => {
        const nowMs = dueMs + downMs;
        const { nextMs } = decideTick({ timing: { everyMs }, missed: 'once', dueMs, nowMs });
        expect((nextMs - dueMs) % everyMs).toBe(0);
        expect(nextMs).toBeGreaterThan(nowMs);
        expect(nextMs).toBeLessThanOrEqual(nowMs + everyMs);
      }),
    );
  });

  it('skips no run while looks are less than the tolerance apart', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: LATE_MS }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 100_000 }), gaps, (everyMs, gapsMs) => {
        const timing = { everyMs };
        const done: number[] = [];
        let [nowMs, nextMs] = [dueMs, dueMs];
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          while (nextMs <= nowMs) {
            const tick = decideTick({ timing, missed: 'skip', dueMs: nextMs, nowMs });
            if (tick.isRun) done.push(nextMs);
            nextMs = tick.nextMs;
          }
        }
        const count = Math.floor((nowMs - dueMs) / everyMs) + 1;
        expect(done).toEqual(Array.from({ length: count }, (_, index) => dueMs + index * everyMs));
      }),
    );
  });
});
