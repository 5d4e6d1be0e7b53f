import { guardedLogger } from '@backend/logger/guardedLogger';
import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { type JobJson, type JobsOptions, type Queue } from 'bullmq';
import { type TaskId } from '../domain/TaskId';
import { addWithFields } from './addWithFields';
import { type Debounced, replaceDebounced } from './DeduplicationKey';
import { deleteOrphan } from './deleteOrphan';
import { loadBullmq } from './loadBullmq';
import { toQueueName } from './QueueName';
import { rememberTaskName } from './UnregisteredTasks';

/** Events a queue's stream keeps, about: whoever waits for a task reads it, boards and watchers too. */
export const MAX_STREAM_EVENTS = 1000;

/** One BullMQ queue for each task name, made on first use on one connection. */
export interface TaskQueues {
  readonly client: RedisClient;
  get(taskName: string): Queue;
  /** Every queue made so far. */
  list(): readonly Queue[];
  /** Notes that tasks of a name are scheduled, so that a name whose definition is gone is noticed. */
  noteScheduled(taskName: string): void;
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
  const scheduledNames = new Set<string>();
  const log = createRateLimitedLog({ logger: guardedLogger(logger) });
  const create = (taskName: string): Queue => {
    const { Queue } = loadBullmq();
    const queue = new Queue(toQueueName(taskName), {
      connection: client,
      prefix,
      skipVersionCheck: true,
      streams: { events: { maxLen: MAX_STREAM_EVENTS } },
    });
    queue.on('error', (error) =>
      log.warn('queue', 'A queue reports an error', { taskName, reason: error.message }),
    );
    queues.set(taskName, queue);
    // BullMQ asks a connection once, and takes a question that was lost for final: the next call makes the queue anew.
    queue.waitUntilReady().catch(() => {
      if (queues.get(taskName) === queue) queues.delete(taskName);
      queue.close().catch(() => undefined);
    });
    return queue;
  };
  return {
    client,
    get: (taskName) => queues.get(taskName) ?? create(taskName),
    list: () => [...queues.values()],
    noteScheduled: (taskName) => {
      if (scheduledNames.has(taskName)) return;
      scheduledNames.add(taskName);
      rememberTaskName(client, prefix, taskName);
    },
    lastConfirmedAtMs: 0,
  };
};

/** What a job is made of. */
export interface JobInput {
  /** Ours, never a caller's text: a job with an id such as `wait` corrupts its queue. */
  readonly id: TaskId;
  /** The task's name: what boards show, and a worker ignores. */
  readonly name: string;
  readonly data: unknown;
  readonly options: JobsOptions;
  /** Replaces the job that waits under an equal key, if one does. */
  readonly debounce?: Debounced | undefined;
  /** Whether it is put there long after its call, and newer calls may have come before it. Default: false. */
  readonly isLate?: boolean;
  /** Fields of our own in the job's hash, names and values in turn. Default: none. */
  readonly fields?: readonly string[];
}

/** A job that has not run yet, in the form that BullMQ's backend takes. */
const toJobJson = (id: string, { name, data, options }: JobInput): JobJson => ({
  id,
  name,
  data: JSON.stringify(data),
  opts: options,
  ...(options.deduplication === undefined ? {} : { deduplicationId: options.deduplication.id }),
  timestamp: options.timestamp ?? Date.now(),
  progress: 0,
  attemptsMade: 0,
  attemptsStarted: 0,
  stalledCounter: 0,
  failedReason: '',
  returnvalue: 'null',
});

/** Between looking for a job to replace and adding one, another process may add or take one: then it is looked again. */
const MAX_LOOKS = 10;

/**
 * Adds one job, or finds the one that its deduplication stands for. The same id twice makes one job, so a caller that is
 * unsure may repeat it.
 *
 * @returns The id of the job that is on the queue: the given one, or that of the job which was there before.
 */
export const addJob = async (queues: TaskQueues, job: JobInput): Promise<string> => {
  const { id, name, debounce, isLate = false } = job;
  queues.noteScheduled(name);
  // One that was on the queue before may have left its hash there.
  if (isLate) await deleteOrphan({ client: queues.client, queue: queues.get(name), id });
  return debounce === undefined ? addToQueue(queues.get(name), job) : addDebounced(queues, job, debounce);
};

const addDebounced = async (queues: TaskQueues, job: JobInput, debounce: Debounced): Promise<string> => {
  const queue = queues.get(job.name);
  const { id, data, options, isLate = false } = job;
  const { priority = 0, timestamp: nowMs = Date.now() } = options;
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const { client } = queues;
    const replacedId = await replaceDebounced({
      client,
      queue,
      id,
      isLate,
      debounce,
      data,
      priority,
      nowMs,
    });
    if (replacedId !== undefined) return replacedId;
    if ((await addToQueue(queue, job)) === job.id) return job.id;
  }
  throw new Error(`the tasks of one debounce key begin faster than they can be put off (task ${job.name})`);
};

/**
 * Past `queue.add` and `Job`, whose tracing, checks and events serve nothing here: see
 * docs/decisions/0011-jobs-added-through-the-backend.md.
 */
const addToQueue = (queue: Queue, job: JobInput): Promise<string> => {
  const { id, fields = [] } = job;
  const json = toJobJson(id, job);
  return fields.length === 0
    ? queue.getBackend().addJob(json, id, {})
    : addWithFields({ queue, job: json, fields });
};
