import { guardedLogger } from '@backend/logger/guardedLogger';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { Job, type JobsOptions, Queue } from 'bullmq';
import { toQueueName } from './QueueName';
import { rememberTaskName } from './UnregisteredTasks';

/** Events a queue's stream keeps, about; nothing of ours reads it, boards and watchers do. */
const MAX_STREAM_EVENTS = 1000;

/** One BullMQ queue for each task name, made on first use on one connection. */
export interface TaskQueues {
  get(taskName: string): Queue;
  /** Every queue made so far. */
  list(): readonly Queue[];
  /** When Redis last confirmed a job of any of these queues, by `performance.now`; written by `publish`. */
  lastConfirmedAtMs: number;
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
    rememberTaskName(client, prefix, taskName);
    return queue;
  };
  return {
    get: (taskName) => queues.get(taskName) ?? create(taskName),
    list: () => [...queues.values()],
    lastConfirmedAtMs: 0,
  };
};

/** What a job is made of. */
export interface JobInput {
  /** The task's name: what boards show, and a worker ignores. */
  readonly name: string;
  readonly data: unknown;
  readonly options: JobsOptions;
}

/**
 * Adds one job. The same id twice makes one job, so a caller that is unsure may repeat it. Not `queue.add`, whose
 * tracing, checks and event around this one call cost a tenth of it and serve nothing here: see
 * docs/decisions/0011-job-create-instead-of-queue-add.md.
 */
export const addJob = (queue: Queue, { name, data, options }: JobInput): Promise<unknown> =>
  Job.create(queue, name, data, options);
