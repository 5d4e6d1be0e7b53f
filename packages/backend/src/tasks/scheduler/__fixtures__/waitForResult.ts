import { getAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../../domain/TaskDefinition';
import { createTaskScheduler } from '../TaskScheduler';

const patientTask = defineTask({
  queueName: 'fixture:patient',
  schema: z.object({}),
  handler: async () => ok(),
});

// No worker takes it: what is printed after the wait is followed by the end of the process.
const scheduler = createTaskScheduler({ logger: silentLogger, appConfig: getAppConfig() });
const handle = (await scheduler.schedule(CorrelationId(), patientTask, {}))._unsafeUnwrap();
const result = await handle.result({ timeoutMs: 300 });
for await (const { status } of handle.events()) {
  console.log(status, result.isErr() ? result.error.code : '');
  break;
}
console.log(Date.now());
