import { createPayload } from './contestants/BenchmarkPayload';
import { defineScheduleBenchmark } from './scheduleBenchmark';

const CHUNK_SIZE = 1000;

/** How fast an import schedules. */
export const scheduleMany = defineScheduleBenchmark({
  name: 'scheduleMany',
  question: `How fast are 10,000 tasks, ${CHUNK_SIZE} of them at once?`,
  taskCount: 10_000,
  scheduleAll: async (producer, taskCount) => {
    for (let start = 0; start < taskCount; start += CHUNK_SIZE) {
      const chunk = Array.from({ length: CHUNK_SIZE }, (_, offset) => createPayload(start + offset));
      await Promise.all(chunk.map((payload) => producer.schedule(payload)));
    }
  },
});
