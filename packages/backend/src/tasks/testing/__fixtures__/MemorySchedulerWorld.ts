import { createTestScheduler } from '../TestScheduler';
import { testConfig } from '../testConfig';
import { type CreateSchedulerWorld } from './SchedulerWorld';

/** A world without Redis, on a clock of its own. */
export const createMemorySchedulerWorld: CreateSchedulerWorld = async (tasks, env) => {
  const tickMs = 1000;
  const scheduler = createTestScheduler({ tasks, appConfig: testConfig(env), patienceMs: 20 });
  return {
    scheduler,
    tickMs,
    pass: (ticks) => scheduler.advance(ticks * tickMs),
    record: async (id) => scheduler.getTask(id),
    listSchedules: scheduler.listSchedules,
    [Symbol.asyncDispose]: async () => undefined,
  };
};
