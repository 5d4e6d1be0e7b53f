import { describe, expect, it } from 'bun:test';
import { startPatience } from './Patience';

describe('startPatience', () => {
  it('has one time for all steps, and a little for the last ones', () => {
    let nowMs = 100;
    const patience = startPatience(2000, () => nowMs);
    const left = [0, 1200, 700, 400].map((passedMs) => {
      nowMs += passedMs;
      return [patience.ms(), patience.lastMs()];
    });

    expect(left).toEqual([
      [2000, 2000],
      [800, 800],
      [100, 500],
      [0, 500],
    ]);
  });
});
