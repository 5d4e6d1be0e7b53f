import { type Job } from 'bullmq';
import { type JobLock } from './JobLock';
import { isLapsedLock } from './LostLock';
import { isRefusal } from './RedisRefusal';

/** Runs a command that settles a job, again and again if it must. */
export type Persist = <T>(command: () => Promise<T>) => Promise<T>;

interface PersistOptions {
  readonly lock: JobLock;
  /** Whether the consumer closes: then nothing is tried again. */
  isClosing(): boolean;
  /** Redis said no; told each time. */
  onRefused(error: Error): void;
}

/** Between two attempts to settle a job on a Redis that refuses; milliseconds. */
const RETRY_MS = 250;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Creates the persistence of one job's settlement. A handler that has done its work is not run again because Redis
 * refuses for a while, or because the lock lapsed while Redis was away: the lock is taken back, if nobody else has
 * taken the job, and the command sent again.
 */
export const createPersist =
  ({ lock, isClosing, onRefused }: PersistOptions): Persist =>
  async (command) => {
    let isReclaimed = false;
    /** Makes the next attempt possible; answers with the error that makes it futile. */
    const recover = async (error: unknown): Promise<unknown> => {
      if (isRefusal(error)) {
        onRefused(error);
        isReclaimed = false;
        await pause(RETRY_MS);
        return undefined;
      }
      if (!isLapsedLock(error) || isReclaimed) return error;
      try {
        isReclaimed = await lock.reclaim();
        return isReclaimed ? undefined : error;
      } catch (refusal) {
        return isRefusal(refusal) ? recover(refusal) : error;
      }
    };
    for (;;) {
      try {
        return await command();
      } catch (error) {
        if (isClosing()) throw error;
        const futile = await recover(error);
        if (futile !== undefined) throw futile;
      }
    }
  };

/**
 * Makes the end of a job persistent: BullMQ itself asks once, and takes a completion that Redis refused for a failure of
 * the handler, which it then runs again.
 *
 * @param onOver Called when the job is settled, with true, and when that has failed for good, with false.
 */
export const persistEnd = (job: Job, persist: Persist, onOver: (isSettled: boolean) => void): void => {
  const moveToCompleted = job.moveToCompleted.bind(job);
  const moveToFailed = job.moveToFailed.bind(job);
  job.moveToCompleted = async (...args) => {
    const moved = await persist(() => moveToCompleted(...args));
    onOver(true);
    return moved;
  };
  job.moveToFailed = async (...args) => {
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
      onOver(false);
      throw error;
    }
  };
};
