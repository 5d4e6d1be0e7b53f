import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Job, Worker } from 'bullmq';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { createJobLock, type JobLock } from './JobLock';
import { isFailedRenewal, LostLockError } from './LostLock';
import { makeFetchPatient } from './patientFetch';
import { createPersist, persistEnd } from './persistSettlement';
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
  /** Deliveries with the same key are one run: the job was delivered again while this process held it. */
  readonly runKey: string;
}

/** What a delivery ends in. */
export interface DeliveryEnd {
  readonly outcome: Settlement;
  /** 1-based number of the attempt that ended. */
  readonly attempt: number;
  /** Called once Redis has the outcome; never when another worker has taken the task over meanwhile. */
  onSettled(): void;
  /** Called when the outcome is needed no more: Redis has it, or somebody else has the task for good. */
  onOver(): void;
}

/** Takes the jobs of one queue. */
export interface QueueConsumer {
  /** Begins to take jobs; goes on until `close`, whatever Redis does. */
  start(): void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes the lapsed locks of jobs that are here back, where nobody else has taken the job. */
  reclaimLocks(): Promise<void>;
  /** Puts jobs back whose lock has lapsed; rejects when Redis refuses. */
  putBackStalled(): Promise<void>;
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
  /** Milliseconds between two looks for stalled jobs, of all workers together. */
  readonly stalledIntervalMs: number;
  /** Runs the task; must not reject. */
  onDelivery(delivery: Delivery): Promise<DeliveryEnd>;
  /** Something went wrong between us and Redis; the consumer goes on. */
  onError(error: Error): void;
  /** Jobs whose lock had lapsed were put back. */
  onStalled(taskIds: readonly string[]): void;
}

/** A job that is here: taken, and not yet settled. */
interface HeldJob {
  readonly runKey: string;
  /** Of its newest delivery. */
  readonly lock: JobLock;
  readonly attemptsMade: number;
  /** Crashes before its first delivery here. */
  readonly crashCount: number;
}

const toDelivery = (job: Job, { runKey, crashCount }: HeldJob): Delivery => ({
  taskId: (job.id ?? '') as TaskId, // whoever added the job chose the id
  data: job.data,
  attemptsMade: job.attemptsMade,
  crashCount,
  scheduledAt: new Date(job.timestamp),
  delayMs: job.opts.delay ?? 0,
  runKey,
});

/** Never reached: how often a job may be recovered is decided when it is picked up, by our own rule. */
const NO_STALLED_LIMIT = 1_000_000;

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

/** Takes back what a delivery that joins a run was counted for: it would use up an attempt that was never run. */
const correctCrashCount = async ({ options, job, token, crashCount }: CrashCorrection): Promise<void> => {
  const key = `${toQueueKey(options)}:${job.id}`;
  try {
    await options.client.eval(CORRECT_CRASH_COUNT, 2, key, `${key}:lock`, token, crashCount);
  } catch (error) {
    options.onError(error instanceof Error ? error : new Error(String(error)));
  }
};

/** A job that comes back with a further attempt, or without a stall, was settled: its holder only does not know yet. */
const isRedelivery = ({ attemptsMade, stalledCounter = 0 }: Job, before: HeldJob): boolean =>
  attemptsMade === before.attemptsMade && stalledCounter > before.crashCount;

const toQueueKey = ({ prefix, task }: QueueConsumerOptions): string =>
  `${prefix}:${toQueueName(task.queueName)}`;

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
    // Whoever owns the consumer calls putBackStalled, when that is safe.
    skipStalledCheck: true,
    drainDelay: 2,
    runRetryDelay: 1000,
    settings: { backoffStrategy },
    ...toWorkerRetention(options.task.options.retention),
  });

/** Creates the consumer of one task's queue. It takes nothing before `start`. */
export const createQueueConsumer = (options: QueueConsumerOptions): QueueConsumer => {
  const { client, lockMs, onError } = options;
  const unsettled = new WeakMap<Job, DeliveryEnd>();
  const held = new Map<string, HeldJob>();
  let isClosing = false;

  let runCount = 0;

  const hold = async (job: Job, token: string): Promise<HeldJob> => {
    const { id: jobId = '', attemptsMade, stalledCounter: crashCount = 0 } = job;
    const lock = createJobLock({ client, queueKey: toQueueKey(options), jobId, token, lockMs });
    const before = held.get(jobId);
    if (before !== undefined && isRedelivery(job, before)) {
      const holding = { ...before, lock };
      held.set(jobId, holding);
      await correctCrashCount({ options, job, token, crashCount: before.crashCount });
      return holding;
    }
    runCount += 1;
    const holding = { runKey: String(runCount), lock, attemptsMade, crashCount };
    held.set(jobId, holding);
    return holding;
  };

  // Two parameters, not three: the abort signal is ours.
  const worker = createWorker(options, async (job, token = '') => {
    const holding = await hold(job, token);
    const persist = createPersist({
      lock: holding.lock,
      isClosing: () => isClosing,
      onRefused: onError,
    });
    const end = await options.onDelivery(toDelivery(job, holding));
    const letGo = (): void => {
      if (held.get(job.id ?? '') === holding) held.delete(job.id ?? '');
      end.onOver();
    };
    // A job that was put back before its end could be told may come back here: then it has ended already.
    const onOver = (isSettled: boolean): void => {
      if (isSettled) letGo();
      else setTimeout(letGo, lockMs).unref();
    };
    unsettled.set(job, end);
    persistEnd(job, persist, onOver);
    const { outcome, attempt, onSettled } = end;
    return settle({ job, token, outcome, attempt, persist, onPutBack: onSettled, onOver, onError });
  });
  makeFetchPatient(worker, { isClosing: () => isClosing, onRefused: onError });
  worker.on('completed', (job) => unsettled.get(job)?.onSettled());
  worker.on('failed', (job) => (job === undefined ? undefined : unsettled.get(job)?.onSettled()));
  worker.on('error', (error) => {
    if (!isFailedRenewal(error)) onError(error);
  });
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) void keepLock(held.get(jobId)?.lock, jobId, onError);
  });
  return {
    start: () => {
      worker.run().catch(onError);
    },
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
    reclaimLocks: async () => {
      await Promise.all([...held.values()].map(({ lock }) => lock.reclaim()));
    },
    putBackStalled: async () => {
      const jobIds = await worker.getBackend().moveStalledJobsToWait();
      if (jobIds.length > 0) options.onStalled(jobIds);
    },
    close: () => {
      isClosing = true;
      return worker.close();
    },
  };
};

/** A lock that lapsed while Redis was away, and that nobody else took, is the run's again. */
const keepLock = async (
  lock: JobLock | undefined,
  jobId: string,
  onError: (error: Error) => void,
): Promise<void> => {
  try {
    if (await lock?.reclaim()) return;
    onError(new LostLockError(jobId));
  } catch (error) {
    onError(error instanceof Error ? error : new Error(String(error)));
  }
};
