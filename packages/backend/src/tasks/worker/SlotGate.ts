import { isPreferred } from '../queue/glance';
import { type Grant, type QueueSlots } from '../queue/QueueSlots';
import { type Candidate, pickBest } from './Candidate';
import { createLookout, type GatedQueue } from './Lookout';
import { createSuspensions } from './Suspensions';

/** Hands the slots of one worker to its queues. */
export interface SlotGate {
  /** Adds a queue. Nothing is handed out before every queue that was announced has asked, or a moment has passed. */
  join(queue: GatedQueue): QueueSlots;
  /** From now on nobody gets a slot, and who waits for one gets none. */
  shut(): void;
  open(): void;
}

interface SlotGateOptions {
  /** Tasks at the same time. */
  readonly slotCount: number;
  readonly queueCount: number;
  /** Milliseconds of waiting that count as one step of priority; 0: priority alone decides. */
  readonly agingMs: number;
  /** Suspended tasks at the same time, about. */
  readonly maxSuspended: number;
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
  resolve(grant: Grant | undefined): void;
}

/** A moment that ends when somebody says so, or by itself. */
interface Moment {
  readonly timer: ReturnType<typeof setTimeout>;
}

/** What a gate knows at a moment. */
interface GateState {
  freeCount: number;
  isShut: boolean;
  waiters: readonly Waiter[];
  /** While it lasts only its own queue fetches: the same queue may have the next best task too. */
  granting: Moment | undefined;
  /** While it lasts nobody gets a slot but the queue with the best task, which is about to ask. */
  expecting: (Moment & { readonly queue: GatedQueue }) | undefined;
  isGathering: boolean;
  readonly asked: Set<GatedQueue>;
  /** Queues whose task has just ended and that have not asked for the next one yet; until when they are thought of. */
  readonly returning: Map<GatedQueue, number>;
  /** Queues whose tasks suspended ones wait for, and how many of these do. */
  readonly awaited: Map<GatedQueue, number>;
  /** Awaited queues that were expected in vain, and have not asked since. */
  readonly missed: Set<GatedQueue>;
}

/** Queues that are about to ask, or whose tasks others wait for. */
const listAwaited = ({ returning, awaited, missed }: GateState, nowMs: number): readonly GatedQueue[] => [
  ...[...returning].filter(([, untilMs]) => untilMs >= nowMs).map(([queue]) => queue),
  ...[...awaited.keys()].filter((queue) => !missed.has(queue)),
];

/** Whether nobody else waits, and who may be about to ask will find a slot beside these. */
const isUncontended = (state: GateState, queue: GatedQueue, count: number, now: () => number): boolean => {
  if (state.waiters.length > 0) return false;
  // Asked for each task: a worker with one queue has nobody to list.
  if (state.returning.size + state.awaited.size <= count) return true;
  return new Set(listAwaited(state, now()).filter((other) => other !== queue)).size <= count;
};

const canGrant = (state: GateState): boolean =>
  state.freeCount > 0 &&
  state.waiters.length > 0 &&
  !state.isShut &&
  !state.isGathering &&
  state.granting === undefined &&
  state.expecting === undefined;

/** Creates the gate of a worker, open. */
export const createSlotGate = (options: SlotGateOptions): SlotGate => {
  const { slotCount, queueCount, agingMs, maxSuspended, now } = options;
  const lookout = createLookout(now);
  const state: GateState = {
    freeCount: slotCount,
    isShut: false,
    waiters: [],
    granting: undefined,
    expecting: undefined,
    isGathering: queueCount > 1,
    asked: new Set(),
    returning: new Map(),
    awaited: new Map(),
    missed: new Set(),
  };

  const suspensions = createSuspensions(() => {
    if (state.freeCount === 0) return false;
    state.freeCount -= 1;
    return true;
  });
  const queues = new Set<GatedQueue>();
  /** Queues whose tasks have been suspended: the next one may be too. */
  const suspending = new Set<GatedQueue>();
  /** Whether the tasks of a queue, which others may wait for in turn, stand beside tasks that are waited for already. */
  const isHindering = (queue: GatedQueue): boolean =>
    suspending.has(queue) &&
    [...state.awaited.keys()].some((other) => other !== queue && !state.missed.has(other));
  const isAwaitedChild = ({ queue, next }: Candidate<GatedQueue>): boolean =>
    next !== undefined && isPreferred(next) && state.awaited.has(queue) && !state.missed.has(queue);
  const isFull = (queue: GatedQueue): boolean => suspending.has(queue) && suspensions.count() >= maxSuspended;

  const addAwaited = (queue: GatedQueue, count: number): void => {
    const awaitedCount = (state.awaited.get(queue) ?? 0) + count;
    lookout.forget(queue);
    if (awaitedCount > 0) state.awaited.set(queue, awaitedCount);
    else state.awaited.delete(queue);
  };

  const choose = async (): Promise<GatedQueue | undefined> => {
    const asking = [...new Set([...state.waiters.map(({ queue }) => queue), ...listAwaited(state, now())])];
    // Enough for all of them; but what is waited for goes first, so that few wait.
    const isEnough = asking.length <= state.freeCount;
    if (isEnough && !state.waiters.some(({ queue }) => isHindering(queue))) return state.waiters[0]?.queue;
    const candidates = await Promise.all(
      asking.map(async (queue) => ({ queue, next: await lookout.nextOf(queue) })),
    );
    // Some have left while they were looked at.
    const present = candidates.filter(
      ({ queue }) =>
        state.returning.has(queue) ||
        state.awaited.has(queue) ||
        state.waiters.some((waiter) => waiter.queue === queue),
    );
    const hasChild = present.some(isAwaitedChild);
    const allowed = present.filter((each) => !hasChild || isAwaitedChild(each) || !isHindering(each.queue));
    return pickBest(allowed, now(), agingMs)?.queue;
  };

  const grant = async (): Promise<void> => {
    if (!canGrant(state)) return;
    const granting = { timer: setTimeout(() => endGranting(granting), GRANT_MS) };
    state.granting = granting;
    const chosen = await choose();
    if (state.granting !== granting) return; // took too long: another has begun
    const waiter = state.waiters.find(({ queue }) => queue === chosen);
    if (waiter === undefined || state.isShut || state.freeCount === 0) {
      if (chosen !== undefined && !state.isShut) expect(chosen);
      return endGranting(granting);
    }
    state.waiters = state.waiters.filter((each) => each !== waiter);
    state.freeCount -= 1;
    lookout.forget(waiter.queue);
    // The queue that has just fetched asks again in this turn.
    waiter.resolve({ fetched: () => setImmediate(() => endGranting(granting)) });
  };

  const endGranting = (granting: Moment): void => {
    clearTimeout(granting.timer);
    if (state.granting === granting) state.granting = undefined;
    void grant();
  };

  const expect = (queue: GatedQueue): void => {
    const miss = (): void => {
      arrive(queue);
      if (state.awaited.has(queue)) state.missed.add(queue);
    };
    state.expecting = { queue, timer: setTimeout(miss, RETURN_MS) };
  };

  /** A queue asks, has nothing to ask for, or does not ask in time. */
  const arrive = (queue: GatedQueue): void => {
    state.returning.delete(queue);
    state.missed.delete(queue);
    if (state.expecting?.queue === queue) {
      clearTimeout(state.expecting.timer);
      state.expecting = undefined;
    }
    if (state.isGathering) gather(queue);
    void grant();
  };

  const gather = (queue: GatedQueue): void => {
    if (state.asked.size === 0) setTimeout(endGathering, GATHER_MS).unref();
    state.asked.add(queue);
    if (state.asked.size === queueCount) state.isGathering = false;
  };

  const endGathering = (): void => {
    state.isGathering = false;
    void grant();
  };

  const dismiss = (isDismissed: (waiter: Waiter) => boolean): void => {
    if (state.waiters.length === 0) return;
    const dismissed = state.waiters.filter(isDismissed);
    state.waiters = state.waiters.filter((waiter) => !isDismissed(waiter));
    for (const waiter of dismissed) waiter.resolve(undefined);
  };

  const free = (): void => {
    if (suspensions.offer()) return;
    state.freeCount += 1;
    void grant();
  };

  return {
    join: (queue) => {
      queues.add(queue);
      return {
        tryTake: () => {
          const { isShut, isGathering, granting, freeCount } = state;
          if (isShut || isGathering || granting !== undefined || freeCount === 0) return false;
          if (isHindering(queue) || !isUncontended(state, queue, freeCount - 1, now)) return false;
          state.returning.delete(queue);
          state.freeCount -= 1;
          lookout.forget(queue);
          return true;
        },
        pass: () => arrive(queue),
        take: (glance) => {
          if (state.isShut) return Promise.resolve(undefined);
          const { promise, resolve } = Promise.withResolvers<Grant | undefined>();
          lookout.note(queue, glance);
          state.waiters = [...state.waiters, { queue, resolve }];
          arrive(queue);
          return promise;
        },
        leave: () => dismiss((waiter) => waiter.queue === queue),
        giveBack: free,
        taskEnded: () => {
          lookout.forget(queue);
          state.returning.set(queue, now() + RETURN_MS);
          free();
        },
        canKeep: () =>
          !state.isShut &&
          !suspensions.isWanted() &&
          !isFull(queue) &&
          !isHindering(queue) &&
          isUncontended(state, queue, state.freeCount, now),
        isFull: () => isFull(queue),
        suspend: (awaitedNames) => {
          suspending.add(queue);
          const awaited = new Set<GatedQueue>();
          let isOver = false;
          const alsoAwait = (names: readonly string[]): void => {
            for (const other of queues) {
              if (isOver || awaited.has(other) || !names.includes(other.taskName)) continue;
              awaited.add(other);
              addAwaited(other, 1);
            }
          };
          alsoAwait(awaitedNames);
          const suspension = suspensions.begin(() => {
            isOver = true;
            for (const other of awaited) addAwaited(other, -1);
          });
          free();
          return { ...suspension, alsoAwait };
        },
      };
    },
    shut: () => {
      state.isShut = true;
      state.returning.clear();
      dismiss(() => true);
    },
    open: () => {
      state.isShut = false;
      void grant();
    },
  };
};
