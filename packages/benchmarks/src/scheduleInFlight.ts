import { createPayload } from './contestants/BenchmarkPayload';
import { defineScheduleBenchmark } from './scheduleBenchmark';

const IN_FLIGHT_COUNT = 100;

/** How fast a busy service schedules. */
export const scheduleInFlight = defineScheduleBenchmark({
  name: 'scheduleInFlight',
  question: `How fast are ${IN_FLIGHT_COUNT} callers that schedule one task after the other?`,
  taskCount: 10_000,
  scheduleAll: async (producer, taskCount) => {
    let next = 0;
    const call = async (): Promise<void> => {
      while (next < taskCount) await producer.schedule(createPayload(next++));
    };
    await Promise.all(Array.from({ length: IN_FLIGHT_COUNT }, call));
  },
});
