import { describe, expect, it } from 'bun:test';
import { MAX_DELAY_MS, MAX_TIMER_MS, numberProblem, showValue } from './numberRule';

describe('numberProblem', () => {
  it.each([1, 2, 3])('accepts %i between 1 and 3', (value) => {
    expect(numberProblem('n', value, { min: 1, max: 3 })).toBe(undefined);
  });

  it.each([
    [0, '0'],
    [4, '4'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    ['2', '"2"'],
    [2n, '2'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[2], '[2]'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(Number.NaN), 'an invalid date'],
  ])('refuses %p and shows it as %s', (value, shown) => {
    expect(numberProblem('n', value, { min: 1, max: 3 })).toBe(
      `expected n to be an integer from 1 to 3, got ${shown}`,
    );
  });
});

describe('showValue', () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const unreadable = new Proxy(
    {},
    {
      getPrototypeOf: () => {
        throw new Error('no');
      },
    },
  );

  it.each([
    [cycle, 'a value of type object'],
    [{ big: 1n }, 'a value of type object'],
    [unreadable, 'a value of type object'],
    [Symbol('s'), 'Symbol(s)'],
    ['x'.repeat(200), `"${'x'.repeat(79)}`],
  ])('shows %#', (value, shown) => {
    expect(showValue(value)).toBe(shown);
  });

  it('shows at most 80 characters of a function', () => {
    const long = (): string =>
      'a function whose source text is far longer than a line of a log ought to be, really';

    expect(showValue(long)).toHaveLength(80);
  });
});

describe('the longest times', () => {
  it('are ten years, and what a timer can do', () => {
    expect([MAX_DELAY_MS, MAX_TIMER_MS]).toEqual([315_360_000_000, 2_147_483_647]);
  });
});
