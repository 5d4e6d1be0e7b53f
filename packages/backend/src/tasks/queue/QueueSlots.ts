import { type Job, type Worker } from 'bullmq';
import { type Glance, isPreferred } from './glance';
import { type JobSlots } from './JobSlots';

/** A slot that was waited for. */
export interface Grant {
  /** The fetch that it was given for has been answered. */
  fetched(): void;
}

/** A task that has begun, and has given its slot away while it waits for others. */
export interface Suspension {
  /** Resolves when the task has a slot again, or `end` was called. Comes before tasks that have not begun. */
  regain(): Promise<void>;
  /** The task waits for tasks of these names too. Without effect when it has its slot again. */
  alsoAwait(names: readonly string[]): void;
  /** The task needs no slot any more. Answers whether it was without one until now. */
  end(): boolean;
}

/** A worker's slots, as the consumer of one queue uses them. A slot is held from the fetch of a task until its end. */
export interface QueueSlots {
  /** Takes a slot when one is free and nobody waits for one. */
  tryTake(): boolean;
  /** Says that there is nothing to be had in this queue now. */
  pass(): void;
  /**
   * Waits for a slot; nothing when there will be none: the worker pauses or stops, or `leave` was called.
   *
   * @param glance What was just seen in the queue.
   */
  take(glance: Glance): Promise<Grant | undefined>;
  /** Whoever waits in `take` gets nothing. */
  leave(): void;
  /** The fetch found nothing: its slot is free. */
  giveBack(): void;
  /** A task has ended, and its slot is free; the queue asks for the next one in a moment. */
  taskEnded(): void;
  /** Whether a task that ends may hand its slot on to the next task of its queue: nobody else waits for one. */
  canKeep(): boolean;
  /**
   * A task that runs gives its slot away, and goes on without one until it takes it back.
   *
   * @param awaitedNames Names of the tasks that it waits for: their queues are about to ask for slots.
   */
  suspend(awaitedNames: readonly string[]): Suspension;
  /** Whether so many tasks are suspended that one of this queue, whose tasks have been, is better not begun. */
  isFull(): boolean;
}

interface LimitOptions {
  readonly slots: QueueSlots;
  /** Looks at the queue without taking anything. */
  look(): Promise<Glance>;
  /** Wakes whoever waits for a task of this queue: this worker has no slot for it, or one more may run. Rejects as Redis does. */
  restoreMarker(): Promise<unknown>;
  /** Whether a task that ends lets another one begin which nobody would be woken for. */
  readonly isLimited: boolean;
  /** The marker could not be restored; whoever waits looks by itself soon. */
  onError(error: unknown): void;
  /** Whether a job was put back: then it has no next one, and BullMQ would fetch one by the way that is limited here. */
  isPutBack(job: Job): boolean;
  /** What becomes of the slots of jobs that wait for others. */
  readonly jobSlots: JobSlots;
}

/** The jobs that a worker has fetched, as far as nobody else knows of them. */
export interface FetchedJobs {
  /** Ids of jobs that were fetched and have not begun. */
  unbegunIds(): readonly string[];
}

/** What BullMQ's backend answers to a fetch: data, id, milliseconds of a rate limit, time of the next delayed job. */
type Fetched = [data: unknown, id: string, limitMs: number, delayUntilMs: number];

/** How long a queue that is held back is left alone; milliseconds. */
const HOLD_MS = 1000;

/**
 * Says whether a task may begin although so many are suspended: one each second. They may all wait for a task that stands
 * behind it, and then nothing else would ever reach that.
 */
const createBreather = (): (() => boolean) => {
  let nextAtMs = 0;
  return () => {
    const nowMs = Date.now();
    if (nowMs < nextAtMs) return false;
    nextAtMs = nowMs + HOLD_MS;
    return true;
  };
};

const toNothing = ({ limitMs, delayUntilMs }: Glance): Fetched => [null, '', limitMs, delayUntilMs];

/**
 * Lets a BullMQ worker fetch a job only when it has a slot for it, so that several of them share one worker's slots.
 * BullMQ fetches jobs one after the other and begins them afterwards: while a fetched job has not begun, no fetch may
 * wait for a slot.
 */
export const limitToSlots = (
  worker: Worker,
  { slots, look, restoreMarker, isLimited, onError, isPutBack, jobSlots }: LimitOptions,
): FetchedJobs => {
  const unbegunIds = new Set<string>();
  /** Jobs that were fetched, and that BullMQ has not read yet. */
  const unreadIds = new Set<string>();
  const isBreath = createBreather();
  const backend = worker.getBackend();
  const moveToActive = backend.moveToActive.bind(backend);
  const processJob = worker.processJob.bind(worker);
  const readJob = worker['nextJobFromJobData'].bind(worker);

  const fetch = async (args: Parameters<typeof moveToActive>): Promise<unknown[]> => {
    let hasJob = false;
    try {
      const answer = await moveToActive(...args);
      hasJob = Boolean(answer[0]);
      if (hasJob) {
        unreadIds.add(String(answer[1]));
        unbegunIds.add(String(answer[1]));
      }
      return answer;
    } finally {
      if (!hasJob) slots.giveBack();
    }
  };

  // A job whose stored data is broken, or that BullMQ takes for a repeated one, is fetched and never begun.
  worker['nextJobFromJobData'] = async (...args) => {
    const isFetched = unreadIds.delete(String(args[1]));
    let job: Awaited<ReturnType<typeof readJob>> | undefined;
    try {
      job = await readJob(...args);
      return job;
    } finally {
      if (isFetched && job === undefined) {
        unbegunIds.delete(String(args[1]));
        slots.giveBack();
      }
    }
  };

  backend.moveToActive = async (...args) => {
    if (!slots.isFull() && slots.tryTake()) return fetch(args);
    const glance = await look();
    if (glance.next === undefined) {
      slots.pass();
      return toNothing(glance);
    }
    if (slots.isFull() && !isPreferred(glance.next) && !isBreath()) {
      slots.pass();
      return toNothing({ limitMs: 0, delayUntilMs: Date.now() + HOLD_MS });
    }
    // The marker that says so was used up to wake this worker.
    await restoreMarker();
    const grant = unbegunIds.size > 0 ? undefined : await slots.take(glance);
    if (grant === undefined) return toNothing({ limitMs: 0, delayUntilMs: 0 });
    try {
      return await fetch(args);
    } finally {
      grant.fetched();
    }
  };

  worker.processJob = async (job, token, fetchNext = () => true) => {
    unbegunIds.delete(job.id ?? '');
    let next: Job | undefined;
    try {
      next =
        (await processJob(job, token, () => {
          const mayFetch = fetchNext() && !isPutBack(job) && !jobSlots.isSuspended(job);
          return mayFetch && slots.canKeep();
        })) ?? undefined;
      return next;
    } finally {
      if (next === undefined) {
        if (jobSlots.end(job)) slots.taskEnded();
        // BullMQ woke nobody while the queue had as many running as it may.
        if (isLimited) restoreMarker().catch(onError);
      } else {
        unbegunIds.add(next.id ?? '');
        slots.leave();
      }
    }
  };
  return { unbegunIds: () => [...unbegunIds] };
};
