import { describe, expect, it } from 'bun:test';
import { startRunClock } from './RunClock';

/** A clock that stands at `nowMs` until it is moved. */
const setup = (timeoutMs = 100) => {
  const timers = new Map<() => void, number>();
  let nowMs = 1000;
  let upCount = 0;
  const clock = {
    nowMs: () => nowMs,
    setTimer: (action: () => void, ms: number) => {
      const timer = () => action();
      timers.set(timer, nowMs + ms);
      return () => void timers.delete(timer);
    },
  };
  const run = startRunClock({
    clock,
    timeoutMs,
    onTimeUp: () => {
      upCount += 1;
    },
  });
  const pass = (ms: number): void => {
    nowMs += ms;
    for (const [timer, dueMs] of timers) {
      if (dueMs > nowMs) continue;
      timers.delete(timer);
      timer();
    }
  };
  return { run, pass, upCount: () => upCount, timerCount: () => timers.size };
};

describe('startRunClock', () => {
  it('says once when the time is up', () => {
    const { run, pass, upCount } = setup();
    pass(99);
    const before = upCount();
    pass(1);
    pass(500);

    expect([before, upCount(), run.elapsedMs()]).toEqual([0, 1, 600]);
  });

  it('stands still, and goes on with what was left', () => {
    const { run, pass, upCount } = setup();
    pass(60);
    run.stand();
    run.stand();
    pass(10_000);
    const stood = [run.elapsedMs(), upCount()];
    run.go();
    run.go();
    pass(39);
    const before = upCount();
    pass(1);

    expect([stood, before, upCount(), run.elapsedMs()]).toEqual([[60, 0], 0, 1, 100]);
  });

  it('starts no timer once the attempt is over', () => {
    const { run, pass, upCount, timerCount } = setup();
    run.stand();
    run.end();
    run.go();
    pass(1000);

    expect([timerCount(), upCount()]).toEqual([0, 0]);
  });
});
