import { type Job } from 'bullmq';
import { createCancellation, type HeldCancellation } from './Cancellation';
import { type JobLock } from './JobLock';
import { type RunSlot } from './JobSlots';

/** A job that this process has: taken, and its end not yet told. */
export interface HeldJob {
  /** Deliveries with the same key are one run. */
  readonly runKey: string;
  /** Of the newest delivery. */
  readonly lock: JobLock;
  readonly attemptsMade: number;
  /** Crashes before the first delivery here, as Redis counts them: it may be told of more. */
  crashCount: number;
  /** Of all deliveries of the run. */
  readonly slot: RunSlot;
  /** Stalls in Redis's count that were no crash: they brought the job back to this run. 0 once the count is corrected. */
  falseStallCount: number;
  /** Of the run, whichever delivery it is. */
  readonly cancellation: HeldCancellation;
}

/**
 * What a delivery is to this process.
 *
 * - `new`: a run of its own.
 * - `again`: the job was put back while it was held here, and comes back: it joins its run.
 * - `conflict`: another attempt of a job whose earlier run goes on here.
 */
export type Hold = { readonly kind: 'new' | 'again'; readonly held: HeldJob } | { readonly kind: 'conflict' };

/** The jobs that one consumer has. */
export interface HeldJobs {
  hold(job: Job, lock: JobLock): Hold;
  /** The newest delivery of a job; undefined when the job is not here, or its end could not be told. */
  find(jobId: string): HeldJob | undefined;
  /** The newest lock of a run: its job may have come back to it, with another one. Undefined as for `find`. */
  findLock(jobId: string, runKey: string): JobLock | undefined;
  list(): readonly HeldJob[];
  /** Ids of what `list` lists. */
  listIds(): readonly string[];
  /** Its end was told: the job is here no more. Without effect for another delivery than the newest. */
  release(jobId: string, held: HeldJob): void;
  /** Its end could not be told. Deliveries still join it until `release`, but its lock is nobody's. */
  giveUp(jobId: string, held: HeldJob): void;
}

interface Entry {
  held: HeldJob;
  isGivenUp: boolean;
}

/** A job that comes back after a stall, with the attempts it had, is the one that is held. */
const isSameRun = ({ attemptsMade, stalledCounter = 0 }: Job, held: HeldJob): boolean =>
  attemptsMade === held.attemptsMade && stalledCounter > held.crashCount;

/**
 * Creates the collection of held jobs; empty.
 *
 * @param createSlot Creates the slot of a run that begins.
 */
export const createHeldJobs = (createSlot: () => RunSlot): HeldJobs => {
  const entries = new Map<string, Entry>();
  const find = (jobId: string): HeldJob | undefined => {
    const entry = entries.get(jobId);
    return entry === undefined || entry.isGivenUp ? undefined : entry.held;
  };
  let runCount = 0;
  return {
    hold: (job, lock) => {
      const { id = '', attemptsMade, stalledCounter: crashCount = 0 } = job;
      const entry = entries.get(id);
      if (entry !== undefined && isSameRun(job, entry.held)) {
        const held = { ...entry.held, lock, falseStallCount: entry.held.falseStallCount + 1 };
        entries.set(id, { held, isGivenUp: false });
        held.slot.join(job);
        return { kind: 'again', held };
      }
      if (entry !== undefined && !entry.isGivenUp) return { kind: 'conflict' };
      runCount += 1;
      const slot = createSlot();
      const cancellation = createCancellation();
      const held = {
        runKey: String(runCount),
        lock,
        attemptsMade,
        crashCount,
        slot,
        falseStallCount: 0,
        cancellation,
      };
      entries.set(id, { held, isGivenUp: false });
      slot.join(job);
      return { kind: 'new', held };
    },
    find,
    findLock: (jobId, runKey) => {
      const newest = find(jobId);
      return newest?.runKey === runKey ? newest.lock : undefined;
    },
    list: () => [...entries.values()].filter(({ isGivenUp }) => !isGivenUp).map(({ held }) => held),
    listIds: () => [...entries].filter(([, { isGivenUp }]) => !isGivenUp).map(([id]) => id),
    release: (jobId, held) => {
      if (entries.get(jobId)?.held === held) entries.delete(jobId);
    },
    giveUp: (jobId, held) => {
      const entry = entries.get(jobId);
      if (entry?.held === held) entry.isGivenUp = true;
    },
  };
};
