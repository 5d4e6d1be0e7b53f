import { getAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';
import { defineTask } from '../../domain/TaskDefinition';
import { createTaskScheduler } from '../TaskScheduler';

const onceTask = defineTask({
  queueName: 'fixture:once',
  schema: z.object({}),
  handler: async () => ok(),
});

const scheduler = createTaskScheduler({ logger: silentLogger, appConfig: getAppConfig() });
const scheduled = await scheduler.schedule(CorrelationId(), onceTask, {});
console.log(
  scheduled.match(
    () => 'scheduled',
    ({ code }) => code,
  ),
);
