import { getAppConfig } from '@backend/config/AppConfig';
import { defineTask, type TaskDefinition } from '@backend/tasks/domain/TaskDefinition';
import { createTaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { ok } from 'neverthrow';
import { z } from 'zod';

interface ChainPayload {
  readonly runsLeft: number;
}

/** Schedules its next run the way a handler does that has nothing but the environment: answers the next run's id. */
export const chainTask: TaskDefinition<ChainPayload, { nextId?: string }> = defineTask({
  queueName: 'fixture:chain',
  schema: z.object({ runsLeft: z.number().int() }),
  handler: async ({ runsLeft }: ChainPayload, { correlationId, logger }) => {
    if (runsLeft === 0) return ok({});
    const scheduler = createTaskScheduler({ logger, appConfig: getAppConfig() });
    const scheduled = await scheduler.schedule(correlationId, chainTask, { runsLeft: runsLeft - 1 });
    return scheduled.map(({ id }) => ({ nextId: id }));
  },
  options: { maxAttempts: 1 },
});
