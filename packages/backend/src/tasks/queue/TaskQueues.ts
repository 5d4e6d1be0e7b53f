import { guardedLogger } from '@backend/logger/guardedLogger';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { type JobsOptions, Queue } from 'bullmq';
import { toQueueName, toTaskName } from './QueueName';

/** Events a queue's stream keeps, about; nothing of ours reads it, boards and watchers do. */
const MAX_STREAM_EVENTS = 1000;

/** One BullMQ queue for each task name, made on first use on one connection. */
export interface TaskQueues {
  get(taskName: string): Queue;
  /** Every queue made so far. */
  list(): readonly Queue[];
}

interface TaskQueuesOptions {
  readonly client: RedisClient;
  readonly prefix: string;
  readonly logger: ILogger;
}

/** Creates the queues of one connection. They own nothing: closing the connection closes them. */
export const createTaskQueues = ({ client, prefix, logger }: TaskQueuesOptions): TaskQueues => {
  const queues = new Map<string, Queue>();
  const log = createRateLimitedLog({ logger: guardedLogger(logger) });
  const create = (taskName: string): Queue => {
    const queue = new Queue(toQueueName(taskName), {
      connection: client,
      prefix,
      skipVersionCheck: true,
      streams: { events: { maxLen: MAX_STREAM_EVENTS } },
    });
    queue.on('error', (error) =>
      log.warn(`queue ${taskName}`, 'A queue reports an error', { taskName, reason: error.message }),
    );
    queues.set(taskName, queue);
    return queue;
  };
  return {
    get: (taskName) => queues.get(taskName) ?? create(taskName),
    list: () => [...queues.values()],
  };
};

/** What a job is made of. */
export interface JobInput {
  readonly data: unknown;
  readonly options: JobsOptions;
}

/** Adds one job. The same id twice makes one job, so a caller that is unsure may repeat it. */
export const addJob = async (queue: Queue, { data, options }: JobInput): Promise<void> => {
  await queue.add(toTaskName(queue.name), data, options);
};
