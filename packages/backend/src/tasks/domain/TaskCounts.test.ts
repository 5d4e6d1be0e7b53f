import { describe, expect, it } from 'bun:test';
import { sumTaskCounts } from './TaskCounts';

describe('sumTaskCounts', () => {
  it('adds up status by status', () => {
    const one = { pending: 1, scheduled: 2, running: 3, completed: 4, failed: 5, cancelled: 6 };

    expect(sumTaskCounts([one, { ...one, pending: 10, cancelled: 0 }])).toEqual({
      pending: 11,
      scheduled: 4,
      running: 6,
      completed: 8,
      failed: 10,
      cancelled: 6,
    });
  });

  it('is 0 everywhere without counts', () => {
    expect(Object.values(sumTaskCounts([]))).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
