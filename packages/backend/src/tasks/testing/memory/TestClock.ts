import { type HandlerClock } from '../../worker/HandlerClock';

/** A clock that stands still until somebody moves it, and the timers that wait for it. */
export interface TestClock extends HandlerClock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** When the next timer is over; milliseconds since 1970. `undefined`: there is none. */
  nextTimerMs(): number | undefined;
  /** Moves to a time, never back. Timers that are over by then act, the earliest first; answers how many. */
  moveTo(timeMs: number): number;
}

interface Timer {
  readonly dueMs: number;
  action(): void;
}

/** Creates a clock. */
export const createTestClock = (startMs: number): TestClock => {
  const timers = new Set<Timer>();
  let nowMs = startMs;
  const nextTimer = (): Timer | undefined => [...timers].toSorted((one, other) => one.dueMs - other.dueMs)[0];
  return {
    nowMs: () => nowMs,
    setTimer: (action, ms) => {
      const timer = { dueMs: nowMs + ms, action };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    nextTimerMs: () => nextTimer()?.dueMs,
    moveTo: (timeMs) => {
      let count = 0;
      for (let timer = nextTimer(); timer !== undefined && timer.dueMs <= timeMs; timer = nextTimer()) {
        timers.delete(timer);
        nowMs = Math.max(nowMs, timer.dueMs);
        timer.action();
        count += 1;
      }
      nowMs = Math.max(nowMs, timeMs);
      return count;
    },
  };
};
