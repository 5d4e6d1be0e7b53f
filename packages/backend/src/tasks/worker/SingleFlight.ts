/** What a caller of a single flight gets. */
export interface Landing<T> {
  readonly value: T;
  /** True for the caller that came last when the work ended, and for whoever joins later: the one to act on the value. */
  readonly isLatest: boolean;
  /** Says that the caller has acted; until every caller has, others join. Safe to call twice. */
  leave(): void;
}

/** Runs one piece of work per key at a time; who comes while it runs, or before it was acted on, joins it. */
export interface SingleFlight<T> {
  run(key: string, work: () => Promise<T>): Promise<Landing<T>>;
  /** Whether a caller of this key would join. */
  has(key: string): boolean;
}

interface Flight<T> {
  readonly work: Promise<T>;
  callerCount: number;
  /** Callers that have not left. */
  openCount: number;
}

/**
 * Creates a single flight. A worker uses it for deliveries: after a pause of Redis longer than the lock, BullMQ delivers a
 * task again to the process that still runs it, or has run it and could not say so yet. Without this both runs would go
 * on, and each further pause would add one.
 */
export const createSingleFlight = <T>(): SingleFlight<T> => {
  const flights = new Map<string, Flight<T>>();
  const forget = (key: string, flight: Flight<T>): void => {
    flight.openCount -= 1;
    if (flight.openCount === 0 && flights.get(key) === flight) flights.delete(key);
  };
  return {
    has: (key) => flights.has(key),
    run: async (key, work) => {
      const flight = flights.get(key) ?? { work: work(), callerCount: 0, openCount: 0 };
      flights.set(key, flight);
      flight.callerCount += 1;
      flight.openCount += 1;
      const caller = flight.callerCount;
      let hasLeft = false;
      const leave = (): void => {
        if (hasLeft) return;
        hasLeft = true;
        forget(key, flight);
      };
      try {
        const value = await flight.work;
        return { value, isLatest: caller === flight.callerCount, leave };
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
};
