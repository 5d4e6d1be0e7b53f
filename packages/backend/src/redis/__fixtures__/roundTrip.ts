/**
 * Schedules one task, runs it in a worker, waits for the first run of a recurring schedule, stops, and ends by itself:
 * prints the task's status and value.
 */

import { until } from '@backend/__fixtures__/until';
import { getAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { createTaskInspector } from '@backend/tasks/inspector/TaskInspector';
import { createRecurringSchedules } from '@backend/tasks/recurring/RecurringSchedules';
import { createTaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { createTaskWorker } from '@backend/tasks/worker/TaskWorker';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';

const roundTask = defineTask({
  queueName: 'fixture:round',
  schema: z.object({ n: z.number() }),
  handler: async ({ n }) => ok({ n }),
});

const parts = { tasks: [roundTask], logger: silentLogger, appConfig: getAppConfig() };
const scheduled = await createTaskScheduler(parts).schedule(CorrelationId(), roundTask, { n: 7 });
if (scheduled.isErr()) {
  console.log(scheduled.error.message);
} else {
  const inspector = createTaskInspector(parts);
  const worker = createTaskWorker(parts);
  await worker.start();
  const read = async () => (await inspector.getTask(scheduled.value.id))._unsafeUnwrap();
  await until(async () => (await read()).status === 'completed');
  const { status, value } = await read();
  const recurring = createRecurringSchedules(parts);
  const { id } = (await recurring.create(roundTask, { n: 8 }, { everyMs: 1000 }))._unsafeUnwrap();
  await until(async () => (await recurring.get(id))._unsafeUnwrap().lastRunAt !== undefined);
  (await recurring.delete(id))._unsafeUnwrap();
  await worker.stop();
  console.log(JSON.stringify({ status, value }));
}
