import { type MemorySlot } from './MemorySlot';
import { type TestClock } from './TestClock';
import { type Timeline } from './Timeline';

/** Waits for what becomes of tasks, by the clock of the test. */
export interface MemoryWait {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Something has happened that may let a handler go on that waits. */
  wake(): void;
  /**
   * Waits until something holds, at most so many milliseconds; answers whether it does. A test that waits lets the clock go
   * on as far as needed. A handler that waits keeps its slot, as in a worker, and waits for whoever moves the clock.
   */
  until(isTrue: () => boolean, ms: number): Promise<boolean>;
}

interface MemoryWaitOptions {
  readonly clock: TestClock;
  readonly slot: MemorySlot;
  readonly timeline: Timeline;
  /** Calls back whenever something becomes of a task. Answers what ends that. */
  watch(listener: () => void): () => void;
}

/** Creates the waits of a test. */
export const createMemoryWait = ({ clock, slot, timeline, watch }: MemoryWaitOptions): MemoryWait => {
  /** Look again whether what handlers wait for holds. */
  const looks = new Set<() => void>();
  const lookAgain = (): void => {
    for (const look of [...looks]) look();
  };
  watch(lookAgain);
  return {
    nowMs: clock.nowMs,
    wake: () => {
      slot.wake();
      lookAgain();
    },
    until: async (isTrue, ms) => {
      if (isTrue() || ms === 0) return isTrue();
      if (!slot.isInside()) return timeline.runUntil(isTrue, clock.nowMs() + ms);
      return new Promise((resolve) => {
        const settle = (): void => {
          looks.delete(look);
          stopTimer();
          resolve(isTrue());
        };
        const look = (): void => {
          if (isTrue()) settle();
        };
        const stopTimer = clock.setTimer(settle, ms);
        looks.add(look);
      });
    },
  };
};
