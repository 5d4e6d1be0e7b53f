import { describe, expect, it } from 'bun:test';
import { API_STOP_TIMES, WORKER_STOP_TIMES } from './stopTimes';

describe('the times of a stop', () => {
  it.each([
    ['worker', WORKER_STOP_TIMES, 2000],
    ['API', API_STOP_TIMES, 5000],
  ])(
    'leave each step of a process time for the next one, and are below what is promised: %s',
    (_, times, promisedMs) => {
      const all = [...Object.values(times), promisedMs];

      expect(all).toEqual(all.toSorted((one, other) => one - other));
      expect(new Set(all).size).toBe(all.length);
    },
  );
});
