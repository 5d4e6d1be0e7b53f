import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Job, Worker } from 'bullmq';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { toQueueName } from './QueueName';
import { toWorkerRetention } from './Retention';
import { backoffStrategy, type Settlement, settle } from './settle';

/** One job as BullMQ hands it to a worker. */
export interface Delivery {
  /** Ours, or the plain number of a job that another program added. */
  readonly taskId: TaskId;
  /** An envelope, or the bare payload of a job that another program added. */
  readonly data: unknown;
  /** Attempts that ended before this one. */
  readonly attemptsMade: number;
  /** How often a worker died, or lost the lock, while it held this job. */
  readonly crashCount: number;
  readonly scheduledAt: Date;
  /** Milliseconds the first attempt was put off. */
  readonly delayMs: number;
}

/** What a delivery ends in. */
export interface DeliveryEnd {
  readonly outcome: Settlement;
  /** 1-based number of the attempt that ended. */
  readonly attempt: number;
  /** Crashes before the run began. A delivery that joined a run raised BullMQ's count, but nothing had crashed. */
  readonly crashCount: number;
  /** Called once Redis has the outcome; never when another worker has taken the task over meanwhile. */
  onSettled(): void;
}

/** Takes the jobs of one queue. */
export interface QueueConsumer {
  /** Begins to take jobs; goes on until `close`, whatever Redis does. */
  start(): void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes no more; resolves when every job it took is settled. Never resolves while a handler hangs or Redis is gone. */
  close(): Promise<void>;
}

interface QueueConsumerOptions {
  readonly task: TaskDefinition<unknown>;
  readonly client: RedisClient;
  readonly prefix: string;
  readonly workerId: string;
  /** Jobs at the same time. */
  readonly concurrency: number;
  readonly lockMs: number;
  readonly stalledIntervalMs: number;
  /** Runs the task; must not reject. */
  onDelivery(delivery: Delivery): Promise<DeliveryEnd>;
  /** Something went wrong between us and Redis; the consumer goes on. */
  onError(error: Error): void;
  /** Jobs of dead workers were put back. */
  onStalled(taskId: string): void;
}

const toDelivery = (job: Job): Delivery => ({
  taskId: (job.id ?? '') as TaskId, // whoever added the job chose the id
  data: job.data,
  attemptsMade: job.attemptsMade,
  crashCount: job.stalledCounter ?? 0,
  scheduledAt: new Date(job.timestamp),
  delayMs: job.opts.delay ?? 0,
});

/** Never reached: how often a job may be recovered is decided when it is picked up, by our own rule. */
const NO_STALLED_LIMIT = 1_000_000;

const mayRunAgain = ({ kind }: Settlement): boolean =>
  kind === 'retry' || kind === 'snoozed' || kind === 'released';

/** Only the holder of the lock may: `stc` is BullMQ's count of stalls, written by its moveStalledJobsToWait. */
const CORRECT_CRASH_COUNT = `
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('HSET', KEYS[1], 'stc', ARGV[2]) end
return 0`;

interface CrashCorrection {
  readonly options: QueueConsumerOptions;
  readonly job: Job;
  readonly token: string;
  readonly crashCount: number;
}

/** Takes back what joined deliveries were counted for: they would use up attempts that were never run. */
const correctCrashCount = async ({ options, job, token, crashCount }: CrashCorrection): Promise<void> => {
  const key = `${options.prefix}:${toQueueName(options.task.queueName)}:${job.id}`;
  try {
    await options.client.eval(CORRECT_CRASH_COUNT, 2, key, `${key}:lock`, token, crashCount);
  } catch (error) {
    options.onError(error instanceof Error ? error : new Error(String(error)));
  }
};

const createWorker = (
  options: QueueConsumerOptions,
  process: (job: Job, token?: string) => Promise<unknown>,
): Worker =>
  new Worker(toQueueName(options.task.queueName), process, {
    connection: options.client,
    prefix: options.prefix,
    name: options.workerId,
    autorun: false,
    concurrency: options.concurrency,
    lockDuration: options.lockMs,
    stalledInterval: options.stalledIntervalMs,
    maxStalledCount: NO_STALLED_LIMIT,
    drainDelay: 2,
    runRetryDelay: 1000,
    settings: { backoffStrategy },
    ...toWorkerRetention(options.task.options.retention),
  });

/** Creates the consumer of one task's queue. It takes nothing before `start`. */
export const createQueueConsumer = (options: QueueConsumerOptions): QueueConsumer => {
  const unsettled = new WeakMap<Job, DeliveryEnd>();
  // Two parameters, not three: the abort signal is ours.
  const worker = createWorker(options, async (job, token = '') => {
    const end = await options.onDelivery(toDelivery(job));
    unsettled.set(job, end);
    const { outcome, attempt, crashCount, onSettled } = end;
    if (mayRunAgain(outcome) && crashCount < (job.stalledCounter ?? 0)) {
      await correctCrashCount({ options, job, token, crashCount });
    }
    return settle({ job, token, outcome, attempt, onPutBack: onSettled });
  });
  worker.on('completed', (job) => unsettled.get(job)?.onSettled());
  worker.on('failed', (job) => (job === undefined ? undefined : unsettled.get(job)?.onSettled()));
  worker.on('error', options.onError);
  worker.on('stalled', options.onStalled);
  return {
    start: () => {
      worker.run().catch(options.onError);
    },
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
    close: () => worker.close(),
  };
};
