import { type Glance } from '../queue/glance';
import { type QueueSlots } from '../queue/QueueSlots';
import { type Candidate, pickBest } from './Candidate';

/** Hands the slots of one worker to its queues. */
export interface SlotGate {
  /** Adds a queue. Nothing is handed out before every queue that was announced has asked, or a moment has passed. */
  join(queue: GatedQueue): QueueSlots;
  /** From now on nobody gets a slot, and who waits for one gets none. */
  shut(): void;
  open(): void;
}

/** A queue whose tasks need slots. */
interface GatedQueue {
  look(): Promise<Glance>;
}

interface SlotGateOptions {
  /** Tasks at the same time. */
  readonly slotCount: number;
  readonly queueCount: number;
  /** Milliseconds of waiting that count as one step of priority; 0: priority alone decides. */
  readonly agingMs: number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** How long the first slots are held back for queues that have not asked yet; milliseconds. */
const GATHER_MS = 250;

/** How long the others wait for the answer to a fetch, as when one node of a cluster is away; milliseconds. */
const GRANT_MS = 1000;

/** How long a queue whose task has ended may take to ask for its next one; milliseconds. */
const RETURN_MS = 50;

interface Waiter {
  readonly queue: GatedQueue;
  resolve(isGranted: boolean): void;
}

/** Redis may be away: then the fetch of whoever is chosen finds out, and deals with it. */
const toCandidate = async (queue: GatedQueue): Promise<Candidate<GatedQueue>> => ({
  queue,
  next: await queue.look().then(
    ({ next }) => next,
    () => undefined,
  ),
});

/** Creates the gate of a worker, open. */
export const createSlotGate = ({ slotCount, queueCount, agingMs, now }: SlotGateOptions): SlotGate => {
  let freeCount = slotCount;
  let isShut = false;
  // One slot at a time, and the next one when its fetch is answered: the same queue may have the next best task too.
  let granting: { readonly timer: ReturnType<typeof setTimeout> } | undefined;
  let isGathering = queueCount > 1;
  let waiters: Waiter[] = [];
  const asked = new Set<GatedQueue>();
  /** Queues whose task has just ended, and that have not asked for the next one yet; until when they are thought of. */
  const returning = new Map<GatedQueue, number>();
  let expected: { readonly queue: GatedQueue; readonly timer: ReturnType<typeof setTimeout> } | undefined;

  const isWaiting = (queue: GatedQueue): boolean => waiters.some((waiter) => waiter.queue === queue);

  const listReturning = (): readonly GatedQueue[] => {
    const nowMs = now();
    for (const [queue, untilMs] of returning) if (untilMs < nowMs) returning.delete(queue);
    return [...returning.keys()];
  };

  /** Whether nobody else waits, and who may be about to ask will find a slot. */
  const hasEnoughForOthers = (queue: GatedQueue, count: number): boolean =>
    waiters.length === 0 && listReturning().filter((other) => other !== queue).length <= count;

  const choose = async (): Promise<GatedQueue | undefined> => {
    const queues = [...new Set([...waiters.map(({ queue }) => queue), ...listReturning()])];
    // Enough for all of them.
    if (queues.length <= freeCount) return waiters[0]?.queue;
    const candidates = await Promise.all(queues.map(toCandidate));
    // Some have left while they were looked at.
    const present = candidates.filter(({ queue }) => isWaiting(queue) || returning.has(queue));
    return pickBest(present, now(), agingMs)?.queue;
  };

  const grant = async (): Promise<void> => {
    if (granting !== undefined || expected !== undefined || isGathering || isShut) return;
    if (freeCount === 0 || waiters.length === 0) return;
    granting = { timer: setTimeout(endGranting, GRANT_MS) };
    const chosen = await choose();
    const waiter = waiters.find(({ queue }) => queue === chosen);
    if (waiter === undefined || isShut || freeCount === 0) {
      if (chosen !== undefined && !isShut) expect(chosen);
      return endGranting();
    }
    waiters = waiters.filter((each) => each !== waiter);
    freeCount -= 1;
    waiter.resolve(true);
  };

  const endGranting = (): void => {
    clearTimeout(granting?.timer);
    granting = undefined;
    void grant();
  };

  /** The queue with the best task is about to ask: nobody gets a slot before. */
  const expect = (queue: GatedQueue): void => {
    expected = { queue, timer: setTimeout(() => arrive(queue), RETURN_MS) };
  };

  const arrive = (queue: GatedQueue): void => {
    returning.delete(queue);
    if (expected?.queue !== queue) return;
    clearTimeout(expected.timer);
    expected = undefined;
    void grant();
  };

  const endGathering = (): void => {
    isGathering = false;
    void grant();
  };

  const note = (queue: GatedQueue): void => {
    arrive(queue);
    if (!isGathering) return;
    if (asked.size === 0) setTimeout(endGathering, GATHER_MS).unref();
    asked.add(queue);
    if (asked.size === queueCount) endGathering();
  };

  const dismiss = (isDismissed: (waiter: Waiter) => boolean): void => {
    const dismissed = waiters.filter(isDismissed);
    waiters = waiters.filter((waiter) => !isDismissed(waiter));
    for (const waiter of dismissed) waiter.resolve(false);
  };

  const free = (): void => {
    freeCount += 1;
    void grant();
  };

  return {
    join: (queue) => ({
      tryTake: () => {
        if (isShut || isGathering || granting !== undefined || freeCount === 0) return false;
        if (!hasEnoughForOthers(queue, freeCount - 1)) return false;
        returning.delete(queue);
        freeCount -= 1;
        return true;
      },
      pass: () => note(queue),
      take: () => {
        if (isShut) return Promise.resolve(false);
        const { promise, resolve } = Promise.withResolvers<boolean>();
        waiters.push({ queue, resolve });
        note(queue);
        void grant();
        return promise;
      },
      leave: () => dismiss((waiter) => waiter.queue === queue),
      fetched: () => {
        // The queue that has just fetched asks again in this turn.
        setImmediate(endGranting);
      },
      giveBack: free,
      taskEnded: () => {
        returning.set(queue, now() + RETURN_MS);
        free();
      },
      canKeep: () => !isShut && hasEnoughForOthers(queue, freeCount),
    }),
    shut: () => {
      isShut = true;
      returning.clear();
      dismiss(() => true);
    },
    open: () => {
      isShut = false;
      void grant();
    },
  };
};
