import { describe, expect, it } from 'bun:test';
import { createNoiseMeter } from './NoiseMeter';

const HELD_MS = 150;

/** Keeps every timer of this process from firing. */
const holdEventLoop = (ms: number): void => {
  const endsAtMs = performance.now() + ms;
  while (performance.now() < endsAtMs);
};

/** Lets timers fire that are due: this one is behind them. */
const letTimersFire = (): Promise<void> => Bun.sleep(1);

describe('createNoiseMeter', () => {
  it('measures 0 when no timer was late', () => {
    expect(createNoiseMeter().stop()).toBe(0);
  });

  it('measures for how long a timer was late', async () => {
    const noise = createNoiseMeter();
    const startedAtMs = performance.now();

    holdEventLoop(HELD_MS);
    await letTimersFire();

    const longestMs = noise.stop();
    // A tick is 50 ms: so much of the time no timer was late.
    expect(longestMs).toBeGreaterThanOrEqual(HELD_MS - 50 - 1);
    expect(longestMs).toBeLessThanOrEqual(Math.ceil(performance.now() - startedAtMs) - 50);
  });

  it('measures the longest delay, not the last one', async () => {
    const noise = createNoiseMeter();

    holdEventLoop(HELD_MS);
    await letTimersFire();
    holdEventLoop(60);
    await letTimersFire();

    expect(noise.stop()).toBeGreaterThanOrEqual(HELD_MS - 50 - 1);
  });

  it('measures each delay by itself', async () => {
    const startedAtMs = performance.now();
    const noise = createNoiseMeter();

    holdEventLoop(HELD_MS);
    const heldUntilMs = performance.now();
    await letTimersFire();
    const firedAtMs = performance.now();
    holdEventLoop(HELD_MS);
    await letTimersFire();

    const longestMs = noise.stop();
    const boundMs = Math.max(firedAtMs - startedAtMs, performance.now() - heldUntilMs) - 50;
    expect(longestMs).toBeLessThanOrEqual(Math.ceil(boundMs));
  });

  it('measures a delay that goes on when it is stopped', () => {
    const startedAtMs = performance.now();
    const noise = createNoiseMeter();

    holdEventLoop(HELD_MS);

    const longestMs = noise.stop();
    expect(longestMs).toBeGreaterThanOrEqual(HELD_MS - 50 - 1);
    expect(longestMs).toBeLessThanOrEqual(Math.ceil(performance.now() - startedAtMs) - 50);
  });
});
