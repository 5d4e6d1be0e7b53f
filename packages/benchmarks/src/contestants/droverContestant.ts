import { type AppConfig, parseAppConfig } from '@backend/config/AppConfig';
import { createLogger } from '@backend/logger/Logger';
import { silentLogger } from '@backend/logger/silentLogger';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { closeSharedLedgers } from '@backend/tasks/ledger/sharedTaskLedger';
import { createTaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { createTaskWorker } from '@backend/tasks/worker/TaskWorker';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import {
  BENCHMARK_TASK_NAME,
  benchmarkPayloadSchema,
  createPayload,
  handlePayload,
} from './BenchmarkPayload';
import {
  type Consumer,
  type ConsumerOptions,
  type Contestant,
  type Producer,
  type QueuePlace,
} from './Contestant';

/** Drover, used as its guides say. */
export const droverContestant: Contestant = {
  createProducer: async (place: QueuePlace): Promise<Producer> => {
    const scheduler = createTaskScheduler({ logger: silentLogger, appConfig: toAppConfig(place) });
    const task = createTask(() => undefined);
    const correlationId = CorrelationId();
    const schedule: Producer['schedule'] = async (payload, options) => {
      const scheduled = await scheduler.schedule(correlationId, task, payload, options);
      if (scheduled.isErr()) throw scheduled.error;
    };
    await schedule(createPayload(0));
    return {
      schedule,
      run: async (payload) => {
        const scheduled = await scheduler.schedule(correlationId, task, payload);
        if (scheduled.isErr()) throw scheduled.error;
        const result = await scheduled.value.result();
        if (result.isErr()) throw result.error;
      },
      [Symbol.asyncDispose]: async () => {
        await closeSharedLedgers();
        closeSharedConnections();
      },
    };
  },

  createConsumer: async ({ concurrency, logLevel, onRun, ...place }: ConsumerOptions): Promise<Consumer> => {
    const worker = createTaskWorker({
      tasks: [createTask(onRun)],
      appConfig: toAppConfig(place),
      logger: createLogger({ level: logLevel, format: 'json', destination: { write: () => undefined } }),
      concurrency,
    });
    return {
      start: async () => {
        const started = await worker.start();
        if (started.isErr()) throw started.error;
      },
      [Symbol.asyncDispose]: async () => {
        await worker.stop();
        await closeSharedLedgers();
      },
    };
  },
};

const createTask = (onRun: () => void) =>
  defineTask({
    queueName: BENCHMARK_TASK_NAME,
    schema: benchmarkPayloadSchema,
    handler: async (payload) => {
      onRun();
      return ok(handlePayload(payload));
    },
  });

/** The configuration of a place: the defaults of production. */
export const toAppConfig = ({ redisUrl, prefix, ledgerUrl = 'off' }: QueuePlace): AppConfig => {
  const appConfig = parseAppConfig({
    REDIS_URL: redisUrl,
    QUEUE_PREFIX: prefix,
    LEDGER_URL: ledgerUrl,
    NODE_ENV: 'production',
  });
  if (appConfig.isErr()) throw appConfig.error;
  return appConfig.value;
};
