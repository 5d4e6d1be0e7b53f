import { describe, expect, it } from 'bun:test';
import { median } from './median';

describe('median', () => {
  const cases: [values: number[], expected: number][] = [
    [[5], 5],
    [[3, 1, 2], 2],
    [[10, 9, 100], 10],
    [[4, 1, 3, 2], 2.5],
    [[], Number.NaN],
  ];

  it.each(cases)('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('leaves the list as it was', () => {
    const values = [3, 1, 2];

    median(values);

    expect(values).toEqual([3, 1, 2]);
  });
});
