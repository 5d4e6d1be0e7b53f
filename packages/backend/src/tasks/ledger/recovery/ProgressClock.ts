/** Knows whether anything moves. */
export interface ProgressClock {
  /** Something has moved. */
  moved(): void;
  /** @param state Something has moved when it is another one than before. */
  see(state: string): void;
  /** Whether nothing has moved for too long. */
  isOverdue(): boolean;
}

interface ProgressClockOptions {
  /** Milliseconds. */
  readonly patienceMs: number;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Creates a clock by which something has just moved. */
export const createProgressClock = ({ patienceMs, now }: ProgressClockOptions): ProgressClock => {
  let movedAtMs = now();
  let lastState = '';
  const moved = (): void => {
    movedAtMs = now();
  };
  return {
    moved,
    see: (state) => {
      if (state !== lastState) moved();
      lastState = state;
    },
    isOverdue: () => now() - movedAtMs > patienceMs,
  };
};
