import { createPayload } from './contestants/BenchmarkPayload';
import { defineScheduleBenchmark } from './scheduleBenchmark';

/** How long one `schedule` takes, one after the other. */
export const scheduleSequential = defineScheduleBenchmark({
  name: 'scheduleSequential',
  question: 'How fast is one schedule after the other?',
  taskCount: 3000,
  scheduleAll: async (producer, taskCount) => {
    for (let index = 0; index < taskCount; index += 1) await producer.schedule(createPayload(index));
  },
});
