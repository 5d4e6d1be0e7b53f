import { type Job } from 'bullmq';
import { type JobLock, type LockState } from './JobLock';
import { isLapsedLock } from './LostLock';
import { isRefusal, pauseAfterRefusal } from './RedisRefusal';

/** Runs a command that settles a job, again and again if it must; answers nothing when an earlier one had done it. */
export type Persist = <T>(command: () => Promise<T>) => Promise<T | undefined>;

interface PersistOptions {
  readonly lock: Pick<JobLock, 'reclaim'>;
  /** Redis said no; told each time. */
  onRefused(error: Error): void;
}

/** What a failed command leaves to do. */
type Recovery = 'retry' | 'settled' | 'futile';

const RECOVERIES = {
  held: 'retry',
  ended: 'settled',
  taken: 'futile',
} as const satisfies Record<LockState, Recovery>;

/**
 * Creates the persistence of one job's settlement. A handler that has done its work is not run again because Redis
 * refuses for a while, or because the lock lapsed while Redis was away: the lock is taken back, if nobody else has
 * taken the job, and the command sent again. A stopping worker goes on too, until it closes its connection.
 */
export const createPersist =
  ({ lock, onRefused }: PersistOptions): Persist =>
  async (command) => {
    // A lock that lapses again at once is no lock.
    let hasReclaimed = false;
    const recover = async (error: unknown): Promise<Recovery> => {
      if (isRefusal(error)) {
        onRefused(error);
        hasReclaimed = false;
        await pauseAfterRefusal();
        return 'retry';
      }
      if (!isLapsedLock(error) || hasReclaimed) return 'futile';
      try {
        const state = await lock.reclaim();
        hasReclaimed = true;
        return RECOVERIES[state];
      } catch (reclaimError) {
        return isRefusal(reclaimError) ? recover(reclaimError) : 'futile';
      }
    };
    for (;;) {
      try {
        return await command();
      } catch (error) {
        const recovery = await recover(error);
        if (recovery === 'settled') return undefined;
        if (recovery === 'futile') throw error;
      }
    }
  };

interface EndOptions {
  readonly persist: Persist;
  /** Called when the job is settled, with true, and when that has failed for good, with false. */
  onOver(isSettled: boolean): void;
  /** Whether it does not matter that the end could not be told, because somebody here tells it instead. */
  forgives(): boolean;
}

/**
 * Makes the end of a job persistent: BullMQ itself asks once, and takes a completion that Redis refused for a failure of
 * the handler, which it then runs again.
 */
export const persistEnd = (job: Job, { persist, onOver, forgives }: EndOptions): void => {
  const moveToCompleted = job.moveToCompleted.bind(job);
  const moveToFailed = job.moveToFailed.bind(job);
  const giveUp = (error: unknown): undefined => {
    const isForgiven = forgives();
    onOver(false);
    if (isForgiven) return undefined;
    throw error;
  };
  let untoldCompletion: unknown;
  job.moveToCompleted = async (...args) => {
    try {
      const moved = await persist(() => moveToCompleted(...args));
      onOver(true);
      return moved;
    } catch (error) {
      untoldCompletion = error;
      throw error;
    }
  };
  job.moveToFailed = async (...args) => {
    // BullMQ takes a completion that cannot be told for a failure. It is none: the job is left as it is.
    if (untoldCompletion !== undefined) return giveUp(untoldCompletion);
    // Each attempt to tell Redis would add the same stack once more.
    const stacks = [...(job.stacktrace ?? [])];
    try {
      const moved = await persist(() => {
        job.stacktrace = [...stacks];
        return moveToFailed(...args);
      });
      onOver(true);
      return moved;
    } catch (error) {
      return giveUp(error);
    }
  };
};
