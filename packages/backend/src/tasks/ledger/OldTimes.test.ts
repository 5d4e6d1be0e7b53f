import { describe, expect, it } from 'bun:test';
import { toOldTimes } from './OldTimes';

describe('toOldTimes', () => {
  it('are as long before a moment as behind it', () => {
    expect(toOldTimes(1000, 30)).toEqual({ untilMs: 970, aheadOfMs: 1030 });
  });
});
