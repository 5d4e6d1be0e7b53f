import { type Worker } from 'bullmq';
import { isRefusal, pauseAfterRefusal } from './RedisRefusal';

interface PatientFetchOptions {
  /** Whether the consumer closes: then nothing is tried again. */
  isClosing(): boolean;
  /** Redis said no; told each time. */
  onRefused(error: Error): void;
}

/** A wait for jobs is never longer; seconds, as the worker's `drainDelay`. */
const MAX_BLOCK_SECONDS = 2;

/**
 * Makes a worker take jobs patiently. Two things that BullMQ does otherwise:
 *
 * - A Redis that refuses to hand out a job is asked again at once, as fast as it answers, which takes half a processor;
 *   and the marker that says that a job waits is used up, so that nobody looks for it for ten seconds.
 * - After an error it waits for jobs up to ten seconds, in which a job whose marker was lost on its way is not seen.
 */
export const makeFetchPatient = (worker: Worker, { isClosing, onRefused }: PatientFetchOptions): void => {
  const backend = worker.getBackend();
  const moveToActive = backend.moveToActive.bind(backend);
  backend.moveToActive = async (...args) => {
    for (;;) {
      try {
        return await moveToActive(...args);
      } catch (error) {
        if (!isRefusal(error) || isClosing()) throw error;
        onRefused(error);
        await pauseAfterRefusal();
        if (isClosing()) throw error;
      }
    }
  };
  Object.defineProperty(backend, 'maximumBlockTimeout', { value: MAX_BLOCK_SECONDS });
};
