import { describe, expect, it } from 'bun:test';
import fc from 'fast-check';
import { backoffDelayMs, DEFAULT_RETRY_POLICY, fixedRetryPolicy, type RetryPolicy } from './RetryPolicy';

const exactly = (policy: Partial<RetryPolicy>): RetryPolicy => ({
  ...DEFAULT_RETRY_POLICY,
  jitter: false,
  ...policy,
});

const waits = (policy: RetryPolicy, count: number): number[] =>
  Array.from({ length: count }, (_, index) => backoffDelayMs(policy, index + 1, 0));

describe('backoffDelayMs', () => {
  it.each([
    ['exponential by default', exactly({}), [1000, 2000, 4000, 8000]],
    ['exponential', exactly({ initialDelayMs: 10, multiplier: 3 }), [10, 30, 90, 270]],
    ['linear', exactly({ backoff: 'linear', initialDelayMs: 100, incrementMs: 50 }), [100, 150, 200, 250]],
    ['fixed', exactly({ backoff: 'fixed', initialDelayMs: 70 }), [70, 70, 70, 70]],
    ['steps', exactly({ backoff: 'steps', stepsMs: [5, 0, 9] }), [5, 0, 9, 9]],
    ['capped', exactly({ maxDelayMs: 2500 }), [1000, 2000, 2500, 2500]],
    ['capped at nothing', exactly({ maxDelayMs: 0 }), [0, 0, 0, 0]],
  ])('waits %s', (_what, policy, expected) => {
    expect(waits(policy, 4)).toEqual(expected);
  });

  it('adds 10 % to 20 % with jitter', () => {
    expect([0, 0.5, 1].map((random) => backoffDelayMs(DEFAULT_RETRY_POLICY, 1, random))).toEqual([
      1100, 1150, 1200,
    ]);
  });

  it('reaches the cap and stays a number after any number of attempts', () => {
    expect(backoffDelayMs(DEFAULT_RETRY_POLICY, 5000, 0)).toBe(300_000);
    expect(backoffDelayMs(exactly({ initialDelayMs: 0, multiplier: 100 }), 5000, 0)).toBe(0);
  });

  const delays = fc.integer({ min: 0, max: 315_360_000_000 });
  const policies: fc.Arbitrary<RetryPolicy> = fc.record({
    backoff: fc.constantFrom('exponential', 'linear', 'fixed', 'steps'),
    initialDelayMs: delays,
    multiplier: fc.double({ min: 1, max: 100, noNaN: true }),
    incrementMs: delays,
    maxDelayMs: delays,
    stepsMs: fc.array(delays, { minLength: 1, maxLength: 5 }),
    jitter: fc.boolean(),
  });
  const attempts = fc.integer({ min: 1, max: 2000 });
  const randoms = fc.double({ min: 0, max: 1, noNaN: true });

  it('is a whole number from 0 to the cap', () => {
    fc.assert(
      fc.property(policies, attempts, randoms, (policy, attempt, random) => {
        const delayMs = backoffDelayMs(policy, attempt, random);
        expect(Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= policy.maxDelayMs).toBe(true);
      }),
    );
  });

  it('never shrinks from attempt to attempt, unless the steps do', () => {
    const growing = policies.filter(({ backoff }) => backoff !== 'steps');

    fc.assert(
      fc.property(growing, attempts, randoms, (policy, attempt, random) => {
        expect(backoffDelayMs(policy, attempt + 1, random)).toBeGreaterThanOrEqual(
          backoffDelayMs(policy, attempt, random),
        );
      }),
    );
  });

  it('lies with jitter 10 % to 20 % above the plain wait, to the millisecond, or at the cap', () => {
    fc.assert(
      fc.property(policies, attempts, randoms, (policy, attempt, random) => {
        const plain = backoffDelayMs({ ...policy, jitter: false }, attempt, random);
        const jittered = backoffDelayMs({ ...policy, jitter: true }, attempt, random);
        expect(jittered).toBeGreaterThanOrEqual(Math.min(Math.round(plain * 1.1) - 1, policy.maxDelayMs));
        expect(jittered).toBeLessThanOrEqual(Math.min(Math.round(plain * 1.2) + 1, policy.maxDelayMs));
      }),
    );
  });
});

describe('fixedRetryPolicy', () => {
  it.each([0, 1000, 3_600_000])('waits %i ms each time, exactly, also above the usual cap', (backoffMs) => {
    expect([1, 2, 50].map((attempt) => backoffDelayMs(fixedRetryPolicy(backoffMs), attempt, 1))).toEqual([
      backoffMs,
      backoffMs,
      backoffMs,
    ]);
  });
});

describe('DEFAULT_RETRY_POLICY', () => {
  it('is 1 s, doubled, at most 5 minutes, with jitter', () => {
    expect(DEFAULT_RETRY_POLICY).toMatchObject({
      backoff: 'exponential',
      initialDelayMs: 1000,
      multiplier: 2,
      maxDelayMs: 300_000,
      jitter: true,
    });
  });
});
