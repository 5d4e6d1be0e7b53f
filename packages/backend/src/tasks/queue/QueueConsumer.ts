import { type RedisClient } from '@backend/redis/createRedisClient';
import { DelayedError, type Job, Worker } from 'bullmq';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { toLimiter, writeMaxConcurrency } from './FleetLimits';
import { type Glance, glance } from './glance';
import { createHeldJobs, type HeldJob, type HeldJobs, type Hold } from './HeldJobs';
import { createJobLock, type JobLock } from './JobLock';
import { isFailedRenewal, LostLockError } from './LostLock';
import { makeFetchPatient } from './patientFetch';
import { createPersist, type Persist, persistEnd } from './persistSettlement';
import { toQueueKey, toQueueName } from './QueueName';
import { limitToSlots, type QueueSlots } from './QueueSlots';
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
  /**
   * To be asked when the handler is about to begin. Nothing, unless the process has stood still since it took the task:
   * then whether no other worker has taken it meanwhile, in which case it must not run here as well.
   */
  checkHeld(): Promise<boolean> | undefined;
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
  /** Jobs whose end Redis has not heard of yet: they run, or have ended. */
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
  joinSlots(queue: { look(): Promise<Glance> }): QueueSlots;
  readonly lockMs: number;
  /** Milliseconds between two looks for stalled jobs, of all workers together. */
  readonly stalledIntervalMs: number;
  /** Runs the task; must not reject. */
  onDelivery(delivery: Delivery): Promise<DeliveryEnd>;
  /** Something went wrong between us and Redis; the consumer goes on. */
  onError(error: Error): void;
  /** Redis answers, but refuses for now; the consumer asks again until it accepts. */
  onRefused(error: Error): void;
  /** Jobs whose lock had lapsed were put back. */
  onStalled(taskIds: readonly string[]): void;
}

/** A lock that is renewed when half of its time is over cannot have lapsed before. */
const hasStoodStill = ({ options, job }: DeliveredJob): boolean =>
  Date.now() - (job.processedOn ?? 0) > options.lockMs / 2;

const toDelivery = (
  job: Job,
  { runKey, crashCount }: HeldJob,
  checkHeld: Delivery['checkHeld'],
): Delivery => ({
  taskId: (job.id ?? '') as TaskId, // whoever added the job chose the id
  data: job.data,
  attemptsMade: job.attemptsMade,
  crashCount,
  scheduledAt: new Date(job.timestamp),
  delayMs: job.opts.delay ?? 0,
  runKey,
  checkHeld,
});

/** Never reached: how often a job may be recovered is decided when it is picked up, by our own rule. */
const NO_STALLED_LIMIT = 1_000_000;

interface DeliveredJob {
  readonly options: QueueConsumerOptions;
  readonly job: Job;
  readonly token: string;
}

/**
 * Takes the stalls back that brought a job to the run that it has here: they would use up attempts that were never run.
 * Without the lock it is left for later.
 */
const correctCrashCount = async ({ options, job }: DeliveredJob, held: HeldJob): Promise<void> => {
  if (held.falseStallCount === 0) return;
  try {
    if ((await held.lock.reclaim()) !== 'held') return;
    const isWritten = await held.lock.writeCrashCount((job.stalledCounter ?? 0) - held.falseStallCount);
    if (isWritten) held.falseStallCount = 0;
  } catch (error) {
    options.onError(toError(error));
  }
};

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

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
    ...toLimiter(options.task.options.rateLimit),
    ...toWorkerRetention(options.task.options.retention),
  });

/** Creates the consumer of one task's queue. It takes nothing before `start`. */
export const createQueueConsumer = (options: QueueConsumerOptions): QueueConsumer => {
  const { onError } = options;
  const heldJobs = createHeldJobs();
  const unsettled = new WeakMap<Job, DeliveryEnd>();
  let isClosing = false;
  const putBack = new WeakSet<Job>();
  const run = async (job: Job, token: string): Promise<unknown> => {
    const delivered = { options, job, token };
    const lock = toLock(delivered);
    const persist = createPersist({ lock, onRefused: options.onRefused });
    const hold = await holdJob(heldJobs, delivered, lock);
    if (hold.kind === 'conflict') return putOff({ ...delivered, persist });
    const { held } = hold;
    await correctCrashCount(delivered, held);
    const checkHeld = () => (hasStoodStill(delivered) ? isHeld(lock) : undefined);
    const end = await options.onDelivery(toDelivery(job, held, checkHeld));
    await correctCrashCount(delivered, held);
    const onOver = createOver({ heldJobs, jobId: job.id ?? '', held, end, lockMs: options.lockMs });
    const isSuperseded = (): boolean => heldJobs.find(job.id ?? '') !== held;
    unsettled.set(job, end);
    persistEnd(job, {
      persist,
      onOver,
      // A newer delivery of the same run has the lock, and tells the end.
      forgives: () => isSuperseded() && unsettled.delete(job),
    });
    const { outcome, attempt, onSettled } = end;
    return settle({ job, token, outcome, attempt, persist, onPutBack: onSettled, onOver, onError });
  };
  // Two parameters, not three: the abort signal is ours.
  const worker = createWorker(options, async (job, token = '') => {
    try {
      return await run(job, token);
    } catch (signal) {
      if (signal instanceof DelayedError) putBack.add(job);
      throw signal;
    }
  });
  makeFetchPatient(worker, { isClosing: () => isClosing, onRefused: options.onRefused });
  limitToSlots(
    worker,
    toSlotOptions(options, (job) => putBack.has(job)),
  );
  worker.on('completed', (job) => unsettled.get(job)?.onSettled());
  worker.on('failed', (job) => (job === undefined ? undefined : unsettled.get(job)?.onSettled()));
  worker.on('error', (error) => {
    if (!isFailedRenewal(error)) onError(error);
  });
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) void keepLock(heldJobs.find(jobId), jobId, onError);
  });
  return {
    start: () => {
      void startLimited(options, () => isClosing)
        .then(() => worker.run())
        .catch(onError);
    },
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
    untoldIds: () => heldJobs.listIds(),
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

/** Between two attempts to write the limits of a queue; milliseconds. */
const LIMITS_RETRY_MS = 1000;

/** No task is taken before the definition's limit is known to every worker, however long Redis refuses it. */
const startLimited = async (options: QueueConsumerOptions, isClosing: () => boolean): Promise<void> => {
  const { client, task, onError } = options;
  while (!isClosing()) {
    try {
      return await writeMaxConcurrency(
        client,
        toQueueKey(options.prefix, options.task.queueName),
        task.options.maxConcurrency,
      );
    } catch (error) {
      onError(toError(error));
      await new Promise((resolve) => setTimeout(resolve, LIMITS_RETRY_MS));
    }
  }
};

/** A member of BullMQ's marker with this score wakes whoever waits for a job. */
const MARKER = [0, '0'] as const;

const toSlotOptions = (options: QueueConsumerOptions, isPutBack: (job: Job) => boolean) => {
  const { client, task } = options;
  const queueKey = toQueueKey(options.prefix, options.task.queueName);
  const look = () => glance({ client, queueKey, rateLimitMax: task.options.rateLimit?.max ?? 0 });
  return {
    slots: options.joinSlots({ look }),
    look,
    restoreMarker: () => client.zadd(`${queueKey}:marker`, ...MARKER),
    isPutBack,
  };
};

const toLock = ({ options, job, token }: DeliveredJob): JobLock =>
  createJobLock({
    client: options.client,
    queueKey: toQueueKey(options.prefix, options.task.queueName),
    jobId: job.id ?? '',
    token,
    takenCount: job.attemptsStarted,
    lockMs: options.lockMs,
  });

/** Asks whether a job is still this delivery's, and takes its lock back if nobody else has it. */
const isHeld = async (lock: JobLock): Promise<boolean> => {
  try {
    return (await lock.reclaim()) === 'held';
  } catch {
    // Redis is away. Whoever else takes the job takes it because of that: at least once it must run.
    return true;
  }
};

/** A moment in which a run that Redis has settled hears of it; milliseconds. */
const HEARING_MS = 50;

const holdJob = async (heldJobs: HeldJobs, { job }: DeliveredJob, lock: JobLock): Promise<Hold> => {
  const hold = heldJobs.hold(job, lock);
  if (hold.kind !== 'conflict') return hold;
  await new Promise((resolve) => setTimeout(resolve, HEARING_MS));
  return heldJobs.hold(job, lock);
};

/** How long an attempt is put off whose job still runs here; milliseconds. */
const PUT_OFF_MS = 1000;

/**
 * Gives an attempt back, unused, because an earlier run of the same job goes on here: another worker took it over
 * meanwhile and asks for one more attempt. One process never runs a task twice at the same time.
 */
const putOff = async ({
  options,
  job,
  token,
  persist,
}: DeliveredJob & { readonly persist: Persist }): Promise<never> => {
  try {
    await persist(() => job.moveToDelayed(Date.now() + PUT_OFF_MS, token));
  } catch (error) {
    options.onError(toError(error));
  }
  throw new DelayedError();
};

interface OverOptions {
  readonly heldJobs: HeldJobs;
  readonly jobId: string;
  readonly held: HeldJob;
  readonly end: DeliveryEnd;
  readonly lockMs: number;
}

/** A job that was put back before its end could be told may come back here for one lock: then it has ended already. */
const createOver =
  ({ heldJobs, jobId, held, end, lockMs }: OverOptions) =>
  (isSettled: boolean): void => {
    const letGo = (): void => {
      heldJobs.release(jobId, held);
      end.onOver();
    };
    if (isSettled) {
      letGo();
    } else {
      heldJobs.giveUp(jobId, held);
      setTimeout(letGo, lockMs).unref();
    }
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
    onError(toError(error));
  }
};
