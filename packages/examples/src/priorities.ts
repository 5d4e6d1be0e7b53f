import { createTaskWorker, defineTask } from '@backend/tasks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { startExample } from './support/startExample';

const order: string[] = [];

// #region tasks
const newsletterTask = defineTask({
  queueName: 'mail:newsletter',
  schema: z.object({ to: z.string() }),
  handler: async ({ to }) => ok(order.push(`newsletter to ${to}`)),
  options: { priority: 'low' },
});

const passwordTask = defineTask({
  queueName: 'mail:reset-password',
  schema: z.object({ to: z.string() }),
  handler: async ({ to }) => ok(order.push(`password to ${to}`)),
  options: { priority: 'critical' },
});
// #endregion

const tasks = [newsletterTask, passwordTask];
await using example = await startExample([]);
const { scheduler, logger, appConfig } = example;
const correlationId = CorrelationId();

// #region override
await scheduler.schedule(correlationId, newsletterTask, { to: 'ada' });
await scheduler.schedule(correlationId, newsletterTask, { to: 'bob' });
await scheduler.schedule(correlationId, newsletterTask, { to: 'eve' }, { priority: 90 });
const last = await scheduler.schedule(correlationId, passwordTask, { to: 'dan' });
// #endregion
if (last.isErr()) throw last.error;

// #region worker
const worker = createTaskWorker({ tasks, logger, appConfig, concurrency: 1 });
await worker.start();
// #endregion
while (order.length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
for (const line of order) console.log(line);
await worker.stop();
