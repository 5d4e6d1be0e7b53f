import { setTimeout as sleep } from 'node:timers/promises';
import { getAppConfig } from '@backend/config/AppConfig';
import { createLogger } from '@backend/logger/Logger';
import { createTaskInspector, createTaskScheduler, createTaskWorker, defineTask } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';

const appConfig = getAppConfig();
const logger = createLogger({ level: appConfig.logLevel, format: 'json' });

// #region example
const greetTask = defineTask({
  queueName: 'people:greet',
  schema: z.object({ name: z.string().min(1) }),
  handler: async ({ name }, ctx) => {
    ctx.logger.info('Greeting', { name }); // the line carries the correlation ID and the task id
    return ok({ greeting: `Hello, ${name}!` });
  },
  options: { maxAttempts: 5, timeoutMs: 10_000 },
});
const tasks = [greetTask]; // an application lists its tasks in tasks.config.ts

const scheduler = createTaskScheduler({ logger, appConfig });
const scheduled = await scheduler.schedule(CorrelationId(), greetTask, { name: 'Ada' });
if (scheduled.isErr()) throw scheduled.error;

const worker = createTaskWorker({ tasks, logger, appConfig }); // usually a process of its own
await worker.start();

const inspector = createTaskInspector({ tasks, logger, appConfig });
let task = await inspector.getTask(scheduled.value.id);
while (task.isOk() && task.value.endedAt === undefined) {
  await sleep(50);
  task = await inspector.getTask(scheduled.value.id);
}
if (task.isOk()) console.log(task.value.status, task.value.value);
await worker.stop();
// #endregion
