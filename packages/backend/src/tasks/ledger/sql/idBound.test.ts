import { describe, expect, it } from 'bun:test';
import { v7 } from 'uuid';
import { toIdBound } from './idBound';

describe('toIdBound', () => {
  it.each([
    [0, '00000000-0000'],
    [-1, '00000000-0000'],
    [Date.UTC(2026, 0, 1), '019b76da-a800'],
    [8.64e15, 'ffffffff-ffff'],
  ])('of %d ms is %s', (ms, bound) => {
    expect(toIdBound(new Date(ms))).toBe(bound);
  });

  it('stands between the ids of a moment and those made before', () => {
    const ms = Date.UTC(2026, 0, 1);
    const bound = toIdBound(new Date(ms));

    expect(v7({ msecs: ms }) > bound).toBe(true);
    expect(v7({ msecs: ms - 1 }) < bound).toBe(true);
  });
});
