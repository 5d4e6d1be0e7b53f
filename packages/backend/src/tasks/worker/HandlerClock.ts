/** What the time limits of a handler go by. */
export interface HandlerClock {
  /** Milliseconds since some moment. */
  nowMs(): number;
  /** Does something after a time, in milliseconds. Answers what calls it off. */
  setTimer(action: () => void, ms: number): () => void;
}

/** Real time. */
export const realClock: HandlerClock = Object.freeze({
  nowMs: () => performance.now(),
  setTimer: (action: () => void, ms: number) => {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
});
