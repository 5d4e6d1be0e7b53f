import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { describeUnknown } from '@core/errors/describeUnknown';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { isLostLock } from '../queue/LostLock';
import { createQueueConsumer, type QueueConsumer } from '../queue/QueueConsumer';
import { createTaskQueues, type TaskQueues } from '../queue/TaskQueues';
import { findUnregisteredTasks } from '../queue/UnregisteredTasks';
import { type DeliveryDesk } from './DeliveryDesk';
import { createEventLoopWatch } from './EventLoopWatch';
import { createRetentionSweeper } from './RetentionSweeper';
import { type WorkerPlan } from './WorkerPlan';

/** What runs while a worker does: a consumer for each task, and its timers. */
export interface WorkerParts {
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes no more; resolves when every task that was taken is settled, which needs Redis. */
  close(): Promise<void>;
}

interface WorkerPartsOptions {
  readonly plan: WorkerPlan;
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  readonly desk: DeliveryDesk;
  readonly connection: RedisConnection;
  /** Aborted when the worker stops: what the connections report from then on is our own doing. */
  readonly stop: AbortSignal;
}

/** Starts the parts of a worker, whose connection is open. */
export const startWorkerParts = (options: WorkerPartsOptions): WorkerParts => {
  const consumers = options.plan.tasks.map((task) => createConsumer(task, options));
  for (const consumer of consumers) consumer.start();
  const timers = startTimers(options);
  return {
    pause: async () => {
      await Promise.all(consumers.map((consumer) => consumer.pause()));
    },
    resume: async () => {
      await Promise.all(consumers.map((consumer) => consumer.resume()));
    },
    close: async () => {
      for (const timer of timers) timer.stop();
      await Promise.all(consumers.map((consumer) => consumer.close()));
    },
  };
};

/** Says which tasks nobody will run; a rename of a task is the usual cause. */
const warnOfUnregistered = async (
  queues: TaskQueues,
  { plan, appConfig, logger, connection, stop }: WorkerPartsOptions,
): Promise<void> => {
  try {
    const { client } = connection;
    const query = { client, prefix: appConfig.queuePrefix, queues, taskNames: plan.registeredNames };
    for (const task of await findUnregisteredTasks(query)) {
      logger.warn('Tasks wait whose name no definition has: register it, or nobody runs them', task);
    }
  } catch (error) {
    if (stop.aborted) return;
    logger.warn('It is not known whether tasks without a definition wait', {
      reason: describeUnknown(error),
    });
  }
};

const startTimers = (options: WorkerPartsOptions): { stop(): void }[] => {
  const { plan, appConfig, logger, desk, connection } = options;
  const queues = createTaskQueues({ client: connection.client, prefix: appConfig.queuePrefix, logger });
  void warnOfUnregistered(queues, options);
  return [
    createRetentionSweeper({ tasks: plan.tasks, queues, logger }),
    createEventLoopWatch({ logger, lockMs: appConfig.workerLockMs, takeRecentTasks: desk.takeRecentTasks }),
  ];
};

const createConsumer = (task: TaskDefinition<unknown>, options: WorkerPartsOptions): QueueConsumer => {
  const { plan, appConfig, desk, connection } = options;
  return createQueueConsumer({
    task,
    client: connection.client,
    prefix: appConfig.queuePrefix,
    workerId: plan.id,
    concurrency: plan.concurrency,
    lockMs: appConfig.workerLockMs,
    stalledIntervalMs: appConfig.workerStalledIntervalMs,
    onDelivery: (delivery) => desk.take(task, delivery),
    ...createReports(task.queueName, options),
  });
};

const createReports = (taskName: string, { logger, stop }: WorkerPartsOptions) => {
  const log = createRateLimitedLog({ logger });
  return {
    onError: (error: Error): void => {
      if (stop.aborted) return; // connections are being cut on purpose
      const facts = { taskName, reason: error.message };
      if (isLostLock(error)) log.warn('lost-lock', 'A run lost its lock; its result is discarded', facts);
      else log.warn('queue', 'A queue reports an error; the worker goes on', facts);
    },
    onStalled: (taskId: string): void =>
      logger.warn('A worker died or lost the lock while it ran a task; the task was put back', {
        taskName,
        taskId,
      }),
  };
};
