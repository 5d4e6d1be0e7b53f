import { type HandlerClock } from './HandlerClock';

/** The time that one attempt has; it can stand still. */
export interface RunClock {
  /** From now on no time passes. */
  stand(): void;
  /** Time passes again. */
  go(): void;
  /** Milliseconds that have passed. */
  elapsedMs(): number;
  /** The attempt is over: nothing more happens. */
  end(): void;
}

interface RunClockOptions {
  readonly clock: HandlerClock;
  /** Milliseconds the attempt has. */
  readonly timeoutMs: number;
  /** Called once the time is up. */
  onTimeUp(): void;
}

/** Starts the clock of an attempt. */
export const startRunClock = ({ clock, timeoutMs, onTimeUp }: RunClockOptions): RunClock => {
  let elapsedMs = 0;
  let startedAtMs: number | undefined = clock.nowMs();
  let isOver = false;
  let stopTimer = clock.setTimer(onTimeUp, timeoutMs);
  const readMs = (): number => elapsedMs + (startedAtMs === undefined ? 0 : clock.nowMs() - startedAtMs);
  return {
    stand: () => {
      elapsedMs = readMs();
      startedAtMs = undefined;
      stopTimer();
    },
    go: () => {
      if (startedAtMs !== undefined || isOver) return;
      startedAtMs = clock.nowMs();
      stopTimer = clock.setTimer(onTimeUp, Math.max(0, timeoutMs - elapsedMs));
    },
    elapsedMs: readMs,
    end: () => {
      isOver = true;
      stopTimer();
    },
  };
};
