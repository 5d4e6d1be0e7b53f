import { getAppConfig } from '@backend/config/AppConfig';
import { createLogger } from '@backend/logger/Logger';
import { defineTask, startTaskWorkers, type TaskDefinition } from '@backend/tasks';
import { ok } from 'neverthrow';
import { z } from 'zod';

const resizeTask = defineTask({
  queueName: 'images:resize',
  schema: z.object({ imageId: z.string() }),
  handler: async () => ok(),
});
const cropTask = defineTask({
  queueName: 'images:crop',
  schema: z.object({ imageId: z.string() }),
  handler: async () => ok(),
});
const tasks: TaskDefinition<unknown>[] = [resizeTask, cropTask];
const appConfig = getAppConfig();
const logger = createLogger({ level: appConfig.logLevel, format: 'json' });

// #region start
const started = await startTaskWorkers(2, {
  tasks,
  logger,
  appConfig,
  id: 'images',
  concurrency: 5, // of each worker
  taskNames: ['images:resize'], // another process takes the others
});
if (started.isErr()) throw started.error;
const { workers, stop } = started.value;
// #endregion

// #region control
const [first] = workers;
await first?.pause(); // takes no further tasks; those that run go on
for (const worker of workers) {
  const { id, status, activeTasks, processedCount, failedCount } = worker.getStats();
  console.log(id, status, { activeTasks, processedCount, failedCount });
}
await first?.resume();
await stop(); // waits for what runs, as one worker's stop does
// #endregion
