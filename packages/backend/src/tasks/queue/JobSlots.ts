import { type Job, type Worker } from 'bullmq';
import { type QueueSlots, type Suspension } from './QueueSlots';

/** The slot of one run of a task. */
export interface TaskSlot {
  /** Gives the slot away, if it is still there: the run goes on without one, and waits for tasks of these names too. */
  suspend(awaitedNames: readonly string[]): void;
  /** Resolves when the run has a slot again. */
  resume(): Promise<void>;
}

/** The slots of the jobs that one consumer has. */
export interface JobSlots {
  suspend(job: Job, awaitedNames: readonly string[]): void;
  /** Resolves when the job has a slot again, or is over. */
  resume(job: Job): Promise<void>;
  isSuspended(job: Job): boolean;
  /** The job is over. Answers whether it had a slot. */
  end(job: Job): boolean;
}

/**
 * Creates the slots of a consumer's jobs. A BullMQ worker counts every job that it has not heard the end of: while some
 * of them hold no slot, it may have as many more.
 */
export const createJobSlots = (
  worker: Pick<Worker, 'concurrency'>,
  { slots, wake }: { readonly slots: Pick<QueueSlots, 'suspend'>; wake(): void },
): JobSlots => {
  const suspensions = new Map<Job, Suspension>();
  const ended = new WeakSet<Job>();
  const forget = (job: Job, suspension: Suspension): void => {
    if (suspensions.get(job) !== suspension) return;
    suspensions.delete(job);
    worker.concurrency -= 1;
  };
  return {
    suspend: (job, awaitedNames) => {
      if (ended.has(job)) return;
      const suspension = suspensions.get(job);
      if (suspension !== undefined) return suspension.alsoAwait(awaitedNames);
      worker.concurrency += 1;
      suspensions.set(job, slots.suspend(awaitedNames));
      wake();
    },
    resume: async (job) => {
      const suspension = suspensions.get(job);
      if (suspension === undefined) return;
      await suspension.regain();
      forget(job, suspension);
    },
    isSuspended: (job) => suspensions.has(job),
    end: (job) => {
      ended.add(job);
      const suspension = suspensions.get(job);
      if (suspension === undefined) return true;
      forget(job, suspension);
      // One that got its slot back a moment ago has it.
      return !suspension.end();
    },
  };
};

/** Wakes a worker that only waits for the jobs it has, as its own `resume` does: it may take more now. */
export const wakeWorker = (worker: Worker): void => {
  const fetches: { add(job: Promise<undefined>): void } | null = worker['mainLoopQueue'];
  fetches?.add(Promise.resolve(undefined));
};

/** The slot of one run, which has several jobs when the same one was delivered again meanwhile. */
export interface RunSlot extends TaskSlot {
  /** Another delivery of the job: it needs no slot while the run has none. */
  join(job: Job): void;
}

/** Creates the slot of a run whose first job is not known yet. */
export const createRunSlot = (jobSlots: JobSlots): RunSlot => {
  const jobs: Job[] = [];
  let isSuspended = false;
  return {
    join: (job) => {
      jobs.push(job);
      if (isSuspended) jobSlots.suspend(job, []);
    },
    suspend: (awaitedNames) => {
      isSuspended = true;
      for (const job of jobs) jobSlots.suspend(job, awaitedNames);
    },
    resume: async () => {
      isSuspended = false;
      // One of them is enough: the others only wait for the end of the run.
      const [job] = jobs;
      if (job !== undefined) await jobSlots.resume(job);
    },
  };
};
