import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Job } from 'bullmq';
import { type TaskId } from '../domain/TaskId';
import { type ChildStore, createChildStore } from './ChildStore';
import { type Delivery, type DeliveryEnd } from './Delivery';
import { createDeliveryReporter } from './DeliveryReporter';
import { createDeliverySteps } from './DeliverySteps';
import { type HeldCancellations } from './HeldCancellations';
import { type HeldJob, type HeldJobs, type Hold } from './HeldJobs';
import { createJobLock, type JobLock } from './JobLock';
import { loadBullmq } from './loadBullmq';
import { moveToCancelled } from './moveToCancelled';
import { createPersist, type Persist, persistEnd } from './persistSettlement';
import { failedAtMsOf } from './StoredFailure';
import { goesOn, settle } from './settle';

/** Runs the jobs that one consumer takes. */
export interface JobRunner {
  /** Answers or throws what BullMQ is to be told. */
  run(job: Job, token: string): Promise<unknown>;
  /** BullMQ says that Redis has the end of a job. */
  onSettled(job: Job | undefined): void;
}

interface JobRunnerOptions {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly heldJobs: HeldJobs;
  readonly cancellations: HeldCancellations;
  readonly lockMs: number;
  /** Runs the task; must not reject. */
  onDelivery(delivery: Delivery): Promise<DeliveryEnd>;
  /** Something went wrong between us and Redis. */
  onError(error: Error): void;
  /** Redis answers, but refuses for now. */
  onRefused(error: Error): void;
}

/** Creates what runs the jobs of one consumer. */
export const createJobRunner = (options: JobRunnerOptions): JobRunner => {
  const { heldJobs, cancellations, lockMs, onError } = options;
  const unsettled = new WeakMap<Job, DeliveryEnd>();
  return {
    run: async (job, token) => {
      const delivered = { options, job, token };
      const lock = toLock(delivered);
      const persist = createPersist({ lock, onRefused: options.onRefused });
      const firstHold = heldJobs.hold(job, lock);
      const hold = firstHold.kind === 'conflict' ? await holdAgain(heldJobs, delivered, lock) : firstHold;
      if (hold.kind === 'conflict') return putOff({ ...delivered, persist });
      const { held } = hold;
      if (cancellations.isDoubtful(job)) await cancellations.lookAt(job.id ?? '');
      if (held.falseStallCount > 0) await correctCrashCount(delivered, held);
      const checkHeld = () => (hasStoodStill(delivered) ? isHeld(lock) : undefined);
      const reporter = createDeliveryReporter({ ...options, jobId: job.id ?? '', runKey: held.runKey });
      const end = await options.onDelivery(
        toDelivery({ delivered, held, checkHeld, getReport: reporter.get }),
      );
      reporter.close();
      if (held.falseStallCount > 0) await correctCrashCount(delivered, held);
      const over = createOver({ heldJobs, jobId: job.id ?? '', held, end, lockMs });
      const isSuperseded = (): boolean => heldJobs.find(job.id ?? '') !== held;
      const onOver = (isSettled: boolean): void => {
        if (!isSettled && !isSuperseded()) end.onUntold();
        over(isSettled);
        if (isSettled && goesOn(end.outcome)) void cancellations.putBack(job.id ?? '', held);
      };
      unsettled.set(job, end);
      persistEnd(job, {
        persist,
        onOver,
        // A newer delivery of the same run has the lock, and tells the end.
        forgives: () => isSuperseded() && unsettled.delete(job),
      });
      const { outcome, attempt, hasBegun, onSettled } = end;
      return settle({
        job,
        token,
        outcome,
        attempt,
        hasBegun,
        persist,
        moveToCancelled: () => {
          const { request = { requestedAt: new Date() } } = held.cancellation;
          return moveToCancelled(toRunning(delivered), { request, hasBegun, nowMs: Date.now() });
        },
        onMoved: onSettled,
        onOver,
        onError,
      });
    },
    onSettled: (job) => (job === undefined ? undefined : unsettled.get(job)?.onSettled()),
  };
};

interface DeliveredJob {
  readonly options: JobRunnerOptions;
  readonly job: Job;
  readonly token: string;
}

/** What our scripts need to know of a job that runs here. */
const toRunning = ({ options: { client, queueKey }, job, token }: DeliveredJob) => ({
  client,
  queueKey,
  jobId: job.id ?? '',
  token,
  takenCount: job.attemptsStarted,
});

const toLock = (delivered: DeliveredJob): JobLock =>
  createJobLock({ ...toRunning(delivered), lockMs: delivered.options.lockMs });

/** Asks whether a job is still this delivery's, and takes its lock back if nobody else has it. */
const isHeld = async (lock: JobLock): Promise<boolean> => {
  try {
    return (await lock.reclaim()) === 'held';
  } catch {
    // Redis is away. Whoever else takes the job takes it because of that: at least once it must run.
    return true;
  }
};

/** A lock that is renewed when half of its time is over cannot have lapsed before. */
const hasStoodStill = ({ options, job }: DeliveredJob): boolean =>
  Date.now() - (job.processedOn ?? 0) > options.lockMs / 2;

interface DeliveryParts extends Pick<Delivery, 'checkHeld'> {
  readonly delivered: DeliveredJob;
  readonly held: HeldJob;
  getReport(): Delivery['report'];
}

const toDelivery = ({
  delivered,
  delivered: { job },
  held,
  held: { runKey, crashCount, cancellation, slot },
  checkHeld,
  getReport,
}: DeliveryParts): Delivery => ({
  taskId: (job.id ?? '') as TaskId, // whoever added the job chose the id
  data: job.data,
  attemptsMade: job.attemptsMade,
  takenCount: job.attemptsStarted,
  crashCount,
  get failedAtMs() {
    return failedAtMsOf(job.stacktrace?.at(-1) ?? '');
  },
  jobPriority: job.opts.priority ?? 0,
  scheduledAt: new Date(job.timestamp),
  delayMs: job.opts.delay ?? 0,
  ...(job.opts.deduplication === undefined ? {} : { deduplication: job.opts.deduplication }),
  runKey,
  checkHeld,
  raiseCrashCount: (count) => raiseCrashCount(delivered, held, count),
  cancellation,
  get report() {
    return getReport();
  },
  get steps() {
    return createDeliverySteps({ ...delivered.options, job, runKey });
  },
  slot,
  get children() {
    return toChildStore(delivered, held);
  },
});

/** The children of a delivery, which few handlers ask for. */
const toChildStore = ({ options, job: { id: jobId = '' } }: DeliveredJob, held: HeldJob): ChildStore => {
  const { client, queueKey, heldJobs, onRefused, onError } = options;
  const lock = (): JobLock => heldJobs.findLock(jobId, held.runKey) ?? held.lock;
  return createChildStore({ client, queueKey, jobId, lock, onRefused, onError });
};

/** A moment in which a run that Redis has settled hears of it; milliseconds. */
const HEARING_MS = 50;

const holdAgain = async (heldJobs: HeldJobs, { job }: DeliveredJob, lock: JobLock): Promise<Hold> => {
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
  const { DelayedError } = loadBullmq();
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

/**
 * Takes the stalls back that brought a job to the run that it has here: they would use up attempts that were never run.
 * Without the lock it is left for later.
 */
const correctCrashCount = async ({ options, job }: DeliveredJob, held: HeldJob): Promise<void> => {
  try {
    if ((await held.lock.reclaim()) !== 'held') return;
    const isWritten = await held.lock.writeCrashCount((job.stalledCounter ?? 0) - held.falseStallCount);
    if (isWritten) held.falseStallCount = 0;
  } catch (error) {
    options.onError(toError(error));
  }
};

const raiseCrashCount = async (
  { options }: DeliveredJob,
  held: HeldJob,
  crashCount: number,
): Promise<void> => {
  try {
    if (await held.lock.writeCrashCount(crashCount)) held.crashCount = crashCount;
  } catch (error) {
    options.onError(toError(error));
  }
};

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
