import { describe, expect, it } from 'bun:test';
import { toClaimMs } from './retryTask';

describe('toClaimMs', () => {
  it.each([
    [false, 2000, 2000, 3000],
    [false, 2000, 500, 3000],
    [false, 60_000, 5000, 6000],
    [true, 2000, 2000, 5000],
    [true, 100, 100, 3000],
    [true, 60_000, 5000, 66_000],
  ])(
    'outlasts a ledger (there is one: %p) that may take %p ms, and a queue that may take %p ms: %p ms',
    (hasLedger, ledgerDeadlineMs, scheduleDeadlineMs, claimMs) => {
      expect(toClaimMs({ hasLedger, ledgerDeadlineMs, scheduleDeadlineMs })).toBe(claimMs);
    },
  );
});
