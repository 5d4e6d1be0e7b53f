import { defineTask, type TaskDefinition } from '@backend/tasks';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

// #region task
const renderVideoTask = defineTask({
  queueName: 'videos:render',
  schema: z.object({ video: z.enum(['short', 'endless', 'broken', 'huge']) }),
  handler: async ({ video }, { logger }) => {
    logger.info('Rendering', { video });
    if (video === 'endless') for (;;) Math.random(); // hears no signal
    if (video === 'broken') process.exit(3); // as a native library that crashes does
    if (video === 'huge') return ok({ bytes: Buffer.alloc(2 ** 30, 1).length + (await never) });
    return ok({ bytes: 1000 });
  },
  options: { isolate: { maxMemoryMb: 512 }, maxAttempts: 1, timeoutMs: 20_000 },
});
// #endregion

const never = new Promise<number>(() => undefined);

// #region worker
export const tasks: TaskDefinition<unknown>[] = [renderVideoTask];

// The processes import this file for `tasks`; what follows is not theirs to do.
if (import.meta.main) {
  await using example = await startExample(tasks, { tasksModule: import.meta.url });
  for (const video of ['short', 'broken', 'huge'] as const) {
    const { status, value, error } = await example.run(renderVideoTask, { video });
    console.log(status, value === undefined ? error?.message : JSON.stringify(value));
  }
  const endless = await example.run(renderVideoTask, { video: 'endless' }, { timeoutMs: 1000 });
  console.log(endless.status, endless.error?.message);
}
// #endregion
