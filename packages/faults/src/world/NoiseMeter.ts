/** How late timers are on this machine, now. */
export interface NoiseMeter extends Disposable {
  /** Stops measuring; answers with the longest delay in milliseconds. */
  stop(): number;
}

const TICK_MS = 50;

/** Measures how late a timer of this process fires: a busy machine is late with everything, whoever runs there. */
export const createNoiseMeter = (): NoiseMeter => {
  let lastMs = performance.now();
  let longestMs = 0;
  let isStopped = false;
  const measure = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs - TICK_MS);
    lastMs = nowMs;
  };
  const timer = setInterval(measure, TICK_MS);
  const stop = (): number => {
    if (!isStopped) measure(); // one that is late now too
    isStopped = true;
    clearInterval(timer);
    return Math.round(longestMs);
  };
  return { stop, [Symbol.dispose]: () => void stop() };
};
