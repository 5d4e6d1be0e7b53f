import { describe, expect, it } from 'bun:test';
import { type Job, type Worker } from 'bullmq';
import { type Glance } from './glance';
import { limitToSlots, type QueueSlots } from './QueueSlots';

/** Slots without an end. */
const freeSlots: QueueSlots = {
  tryTake: () => true,
  pass: () => undefined,
  take: async () => ({ fetched: () => undefined }),
  leave: () => undefined,
  giveBack: () => undefined,
  taskEnded: () => undefined,
  canKeep: () => true,
  suspend: () => ({ regain: async () => undefined, alsoAwait: () => undefined, end: () => true }),
  isFull: () => false,
};

const EMPTY: Glance = { limitMs: 0, delayUntilMs: 0 };

const toJob = (id: string): Job => ({ id }) as Job; // all that is looked at

/** What `limitToSlots` uses of a BullMQ worker, on a queue of jobs. */
const setup = (queued: readonly string[], nextOf: (job: Job) => string | undefined = () => undefined) => {
  const waiting = [...queued];
  const backend = {
    moveToActive: async (): Promise<unknown[]> => {
      const id = waiting.shift();
      return id === undefined ? [null, '', 0, 0] : [{}, id, 0, 0];
    },
  };
  const worker = {
    getBackend: () => backend,
    processJob: async (job: Job): Promise<Job | undefined> => {
      const next = nextOf(job);
      return next === undefined ? undefined : toJob(next);
    },
    nextJobFromJobData: async (_data: unknown, id: string): Promise<Job | undefined> =>
      id === 'broken' ? undefined : toJob(id),
  };
  const { unbegunIds } = limitToSlots(worker as unknown as Worker, {
    slots: freeSlots,
    look: async () => EMPTY,
    restoreMarker: async () => undefined,
    isLimited: false,
    onError: () => undefined,
    isPutBack: () => false,
    jobSlots: {
      suspend: () => undefined,
      resume: async () => undefined,
      isSuspended: () => false,
      end: () => true,
    },
  });
  return { backend, worker, unbegunIds };
};

describe('limitToSlots', () => {
  it('knows the jobs that were fetched and have not begun', async () => {
    const { backend, worker, unbegunIds } = setup(['one', 'two']);
    await backend.moveToActive();
    await backend.moveToActive();
    await backend.moveToActive();
    expect(unbegunIds()).toEqual(['one', 'two']);

    await worker.processJob(toJob('one'));

    expect(unbegunIds()).toEqual(['two']);
  });

  it('knows the job that came with the end of another', async () => {
    const { backend, worker, unbegunIds } = setup(['one'], () => 'two');
    await backend.moveToActive();

    await worker.processJob(toJob('one'));

    expect(unbegunIds()).toEqual(['two']);
  });

  it('forgets a job that BullMQ cannot read', async () => {
    const { backend, worker, unbegunIds } = setup(['broken']);
    await backend.moveToActive();

    await worker.nextJobFromJobData({}, 'broken');

    expect(unbegunIds()).toEqual([]);
  });
});
