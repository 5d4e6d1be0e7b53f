/** Schedules one task, runs it in a worker, stops, and ends by itself: prints the task's status and value. */

import { until } from '@backend/__fixtures__/until';
import { getAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { createTaskInspector } from '@backend/tasks/inspector/TaskInspector';
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
  await worker.stop();
  console.log(JSON.stringify({ status, value }));
}
