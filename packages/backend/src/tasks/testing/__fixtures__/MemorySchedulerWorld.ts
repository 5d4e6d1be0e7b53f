import { createTestScheduler } from '../TestScheduler';
import { type CreateSchedulerWorld } from './SchedulerWorld';

/** A world without Redis, on a clock of its own. */
export const createMemorySchedulerWorld: CreateSchedulerWorld = async (tasks) => {
  const tickMs = 1000;
  const scheduler = createTestScheduler({ tasks, patienceMs: 20 });
  return {
    scheduler,
    tickMs,
    pass: (ticks) => scheduler.advance(ticks * tickMs),
    record: async (id) => scheduler.getTask(id),
    [Symbol.asyncDispose]: async () => undefined,
  };
};
