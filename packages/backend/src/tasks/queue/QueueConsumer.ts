import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Job, type Worker } from 'bullmq';
import { type CancelRequest } from '../domain/CancelRequest';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type CancelCall } from './CancelChannel';
import { type Delivery, type DeliveryEnd } from './Delivery';
import { toLimiter, writeMaxConcurrency } from './FleetLimits';
import { type Glance, glance } from './glance';
import { createHeldCancellations } from './HeldCancellations';
import { createHeldJobs, type HeldJob } from './HeldJobs';
import { createJobRunner } from './JobRunner';
import { createJobSlots, createRunSlot, wakeWorker } from './JobSlots';
import { isFailedRenewal, LostLockError } from './LostLock';
import { loadBullmq } from './loadBullmq';
import { makeFetchPatient } from './patientFetch';
import { toQueueKey, toQueueName } from './QueueName';
import { limitToSlots, type QueueSlots } from './QueueSlots';
import { toWorkerRetention } from './Retention';
import { type StoredTask } from './StoredTask';
import { backoffStrategy } from './settle';

/** Takes the jobs of one queue. */
export interface QueueConsumer {
  /** Begins to take jobs; goes on until `close`, whatever Redis does. */
  start(): void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Writes the limits of the definition again: Redis has lost what it had. */
  rewriteLimits(): void;
  /** Takes the lapsed locks of jobs that are here back, where nobody else has taken the job. */
  reclaimLocks(): Promise<void>;
  /** Puts jobs back whose lock has lapsed; rejects when Redis refuses. */
  putBackStalled(): Promise<void>;
  /** Somebody said that a task of this queue, which may run here, is cancelled. */
  hearCancel(call: CancelCall): void;
  /** Looks which tasks that run here were cancelled: all, or those that ran at the last such look already. Never rejects. */
  lookForCancels(which: 'all' | 'lasting'): Promise<void>;
  /** Jobs whose end Redis has not heard of yet: they wait for BullMQ to begin them, run, or have ended. */
  untoldIds(): readonly string[];
  /** Takes no more; resolves when every job it took is settled. Never resolves while a handler hangs or Redis is gone. */
  close(): Promise<void>;
}

interface QueueConsumerOptions {
  readonly task: TaskDefinition<unknown>;
  readonly client: RedisClient;
  readonly prefix: string;
  readonly workerId: string;
  /** Jobs at the same time, of all queues of the worker. */
  readonly concurrency: number;
  /** Joins the queue to what hands out the worker's slots. */
  joinSlots(queue: { readonly taskName: string; look(): Promise<Glance> }): QueueSlots;
  readonly lockMs: number;
  /** Milliseconds between two looks for stalled jobs, of all workers together. */
  readonly stalledIntervalMs: number;
  /** Whether calls to `hearCancel` follow at once now. */
  isListening(): boolean;
  /** Reads what the ledger knows of a request to stop that Redis knows nothing of. Never rejects. */
  readKeptRequest(jobId: string): Promise<CancelRequest | undefined>;
  /** A task that was asked to stop, and put back at the same moment, is cancelled. */
  onCancelled(task: StoredTask): void;
  /** Runs the task; must not reject. */
  onDelivery(delivery: Delivery): Promise<DeliveryEnd>;
  /** Something went wrong between us and Redis; the consumer goes on. */
  onError(error: Error): void;
  /** Redis answers, but refuses for now; the consumer asks again until it accepts. */
  onRefused(error: Error): void;
  /** Jobs whose lock had lapsed were put back. */
  onStalled(taskIds: readonly string[]): void;
}

/** Never reached: how often a job may be recovered is decided when it is picked up, by our own rule. */
const NO_STALLED_LIMIT = 1_000_000;

const createWorker = (
  options: QueueConsumerOptions,
  process: (job: Job, token?: string) => Promise<unknown>,
): Worker => {
  const { Worker } = loadBullmq();
  return new Worker(toQueueName(options.task.queueName), process, {
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
    ...toLimiter(options.task.options.rateLimit),
    ...toWorkerRetention(options.task.options.retention),
  });
};

/** Creates the consumer of one task's queue. It takes nothing before `start`. */
export const createQueueConsumer = (options: QueueConsumerOptions): QueueConsumer => {
  const { client, task, prefix, onError } = options;
  const { DelayedError } = loadBullmq();
  const queueKey = toQueueKey(prefix, task.queueName);
  const heldJobs = createHeldJobs(() => createRunSlot(jobSlots));
  const cancellations = createHeldCancellations({ ...options, taskName: task.queueName, heldJobs });
  const runner = createJobRunner({ ...options, queueKey, heldJobs, cancellations });
  const putBack = new WeakSet<Job>();
  let isClosing = false;
  let limited = Promise.resolve();
  // Two parameters, not three: the abort signal is ours.
  const worker = createWorker(options, async (job, token = '') => {
    try {
      return await runner.run(job, token);
    } catch (signal) {
      if (signal instanceof DelayedError) putBack.add(job);
      throw signal;
    }
  });
  const slotOptions = toSlotOptions(options, queueKey);
  const jobSlots = createJobSlots(worker, { slots: slotOptions.slots, wake: () => wakeWorker(worker) });
  const fetched = limitToSlots(worker, { ...slotOptions, isPutBack: (job) => putBack.has(job), jobSlots });
  makeFetchPatient(worker, { isClosing: () => isClosing, onRefused: options.onRefused });
  worker.on('completed', runner.onSettled);
  worker.on('failed', runner.onSettled);
  worker.on('error', (error) => {
    if (!isFailedRenewal(error)) onError(error);
  });
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) void keepLock(heldJobs.find(jobId), jobId, onError);
  });
  const writeLimits = (): void => {
    const { maxConcurrency } = task.options;
    limited = writeMaxConcurrency({ client, queueKey, maxConcurrency, isClosing: () => isClosing, onError });
  };
  return {
    start: () => {
      writeLimits();
      // One that is paused meanwhile begins with `resume`.
      void limited.then(() => (worker.isPaused() ? undefined : worker.run())).catch(onError);
    },
    rewriteLimits: writeLimits,
    pause: () => worker.pause(true),
    resume: async () => {
      await limited;
      await worker.resume();
    },
    untoldIds: () => [...new Set([...fetched.unbegunIds(), ...heldJobs.listIds()])],
    hearCancel: (call) => void cancellations.hear(call),
    lookForCancels: (which) => cancellations.look(which),
    reclaimLocks: async () => {
      await Promise.all(heldJobs.list().map(({ lock }) => lock.reclaim()));
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

/** A member of BullMQ's marker with this score wakes whoever waits for a job. */
const MARKER = [0, '0'] as const;

const toSlotOptions = ({ client, task, joinSlots, onError }: QueueConsumerOptions, queueKey: string) => {
  const look = () => glance({ client, queueKey, rateLimitMax: task.options.rateLimit?.max ?? 0 });
  return {
    slots: joinSlots({ taskName: task.queueName, look }),
    look,
    restoreMarker: () => client.zadd(`${queueKey}:marker`, ...MARKER),
    isLimited: task.options.maxConcurrency !== undefined,
    onError: (error: unknown) => onError(error instanceof Error ? error : new Error(String(error))),
  };
};

/** A lock that lapsed while Redis was away, and that nobody else took, is the run's again. */
const keepLock = async (
  held: HeldJob | undefined,
  jobId: string,
  onError: (error: Error) => void,
): Promise<void> => {
  if (held === undefined) return; // settled meanwhile
  try {
    if ((await held.lock.reclaim()) === 'taken') onError(new LostLockError(jobId));
  } catch (error) {
    onError(error instanceof Error ? error : new Error(String(error)));
  }
};
