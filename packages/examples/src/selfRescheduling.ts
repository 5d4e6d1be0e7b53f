import { getAppConfig } from '@backend/config/AppConfig';
import { createTaskScheduler, defineTask, type TaskDefinition } from '@backend/tasks';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const isOver = Promise.withResolvers<void>();

// #region task
const pollTask: TaskDefinition<{ readonly runsLeft: number }, { runsLeft: number }> = defineTask({
  queueName: 'inbox:poll',
  schema: z.object({ runsLeft: z.number().int().nonnegative() }),
  handler: async ({ runsLeft }: { readonly runsLeft: number }, { correlationId, logger }) => {
    console.log(`polling, ${runsLeft} runs left`);
    if (runsLeft === 0) {
      isOver.resolve();
      return ok({ runsLeft });
    }
    const scheduler = createTaskScheduler({ logger, appConfig: getAppConfig() });
    const next = { runsLeft: runsLeft - 1 };
    const scheduled = await scheduler.schedule(correlationId, pollTask, next, { delayMs: 50 });
    return scheduled.map(() => ({ runsLeft })); // last: what fails after it starts a second chain
  },
});
// #endregion

await using example = await startExample([pollTask]);
await example.run(pollTask, { runsLeft: 2 });
await isOver.promise;
