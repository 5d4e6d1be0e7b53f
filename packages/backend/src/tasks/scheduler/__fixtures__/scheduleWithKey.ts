import { getAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { defineTask } from '../../domain/TaskDefinition';
import { createTaskScheduler } from '../TaskScheduler';

/** Schedules a task under the key of its first argument and prints the handle. */
const task = defineTask<unknown, void>({
  queueName: 'test:deduplicated',
  validator: (data) => ok(data),
  handler: async () => ok(),
});
const [, , idempotencyKey = ''] = process.argv;
const scheduler = createTaskScheduler({ logger: silentLogger, appConfig: getAppConfig() });
const handle = await scheduler.schedule(CorrelationId(), task, {}, { idempotencyKey });
console.log(JSON.stringify(handle._unsafeUnwrap()));
