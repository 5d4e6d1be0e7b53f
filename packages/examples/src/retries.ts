import { defineTask, type TaskDefinition, TaskError } from '@backend/tasks';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const schema = z.object({ url: z.string() });

// #region retry
const callApiTask = defineTask({
  queueName: 'api:call',
  schema,
  handler: async ({ url }, { attempt, maxAttempts, logger }) => {
    logger.info('Calling', { url, attempt, maxAttempts });
    if (attempt < 3) return err(new TaskError('the API answered 503', { url, status: 503 }));
    return ok({ status: 200 });
  },
  options: { maxAttempts: 5, retry: { backoff: 'exponential', initialDelayMs: 50, maxDelayMs: 60_000 } },
});
// #endregion

// #region fatal
const deletePageTask = defineTask({
  queueName: 'api:delete-page',
  schema,
  handler: async ({ url }) => err(TaskError.fatal('the page is write-protected', { url })),
  options: { maxAttempts: 5 },
});
// #endregion

// #region later
let isRateLimited = true;

const readFeedTask = defineTask({
  queueName: 'api:read-feed',
  schema,
  handler: async ({ url }) => {
    if (!isRateLimited) return ok({ url });
    isRateLimited = false;
    return err(TaskError.retryLater(100, 'the feed asked to come back in 100 ms'));
  },
  options: { maxAttempts: 1 },
});
// #endregion

const tasks: TaskDefinition<{ url: string }>[] = [callApiTask, deletePageTask, readFeedTask];
await using example = await startExample(tasks);
for (const task of tasks) {
  const { name, status, attempt, error } = await example.run(task, { url: 'https://api.example.test' });
  console.log(name, status, `in attempt ${attempt}`, error?.reason ?? '-');
}
