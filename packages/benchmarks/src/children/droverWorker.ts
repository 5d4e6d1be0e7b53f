import { parseAppConfig } from '@backend/config/AppConfig';
import { createLogger } from '@backend/logger/Logger';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { createTaskWorker } from '@backend/tasks/worker/TaskWorker';
import { ok } from 'neverthrow';
import { benchmarkPayloadSchema, handlePayload } from '../contestants/BenchmarkPayload';
import { openParentLink, toTaskName } from './ParentLink';

const { settings, tell } = openParentLink();
const appConfig = parseAppConfig({
  REDIS_URL: settings.redisUrl,
  QUEUE_PREFIX: settings.prefix,
  NODE_ENV: 'production',
  LEDGER_URL: 'off',
});
if (appConfig.isErr()) throw appConfig.error;

const worker = createTaskWorker({
  tasks: Array.from({ length: settings.taskCount }, (_, index) =>
    defineTask({
      queueName: toTaskName(index),
      schema: benchmarkPayloadSchema,
      handler: async (payload) => {
        tell({ kind: 'task-ran' });
        return ok(handlePayload(payload));
      },
    }),
  ),
  logger: createLogger({ level: 'info', format: 'json', destination: { write: () => undefined } }),
  appConfig: appConfig.value,
});
const started = await worker.start();
if (started.isErr()) throw started.error;
tell({ kind: 'started' });
