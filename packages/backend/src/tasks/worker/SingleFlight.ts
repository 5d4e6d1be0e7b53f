/** What a caller of a single flight gets. */
export interface Landing<T> {
  readonly value: T;
  /** True for the caller that came last: the one to act on the value. */
  readonly isLatest: boolean;
}

/** Runs one piece of work per key at a time; who comes while it runs, joins it. */
export interface SingleFlight<T> {
  run(key: string, work: () => Promise<T>): Promise<Landing<T>>;
}

interface Flight<T> {
  readonly work: Promise<T>;
  callerCount: number;
}

/**
 * Creates a single flight. A worker uses it by task id: after a pause of Redis longer than the lock, BullMQ delivers a
 * task again to the process that still runs it, and without this both runs go on, and again, and again.
 */
export const createSingleFlight = <T>(): SingleFlight<T> => {
  const flights = new Map<string, Flight<T>>();
  return {
    run: async (key, work) => {
      const flight = flights.get(key) ?? { work: work(), callerCount: 0 };
      flights.set(key, flight);
      flight.callerCount += 1;
      const caller = flight.callerCount;
      try {
        const value = await flight.work;
        return { value, isLatest: caller === flight.callerCount };
      } finally {
        if (flights.get(key) === flight) flights.delete(key);
      }
    },
  };
};
