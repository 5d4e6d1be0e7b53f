import { type Glance, type NextTask } from '../queue/glance';

/** A queue whose tasks need slots. */
export interface GatedQueue {
  /** The name of its tasks. */
  readonly taskName: string;
  look(): Promise<Glance>;
}

/** What the queues of a worker would hand out next, as far as is known. */
export interface Lookout {
  /** Looks at a queue, unless that was done a moment ago or goes on; nothing when there is none, or Redis does not answer. */
  nextOf(queue: GatedQueue): Promise<NextTask | undefined>;
  /** Somebody has looked. */
  note(queue: GatedQueue, glance: Glance): void;
  /** What was seen holds no more: a task was taken, or has ended. */
  forget(queue: GatedQueue): void;
}

/** How long a look is good for; milliseconds. */
const FRESH_MS = 20;

interface Sight {
  readonly next: Promise<NextTask | undefined>;
  /** When Redis answered; undefined until it does. */
  seenAtMs: number | undefined;
}

/**
 * Creates a lookout that has seen nothing. Many queues are looked at for each slot: a look is used again for a moment, and
 * while Redis is away there is one for each queue and no more.
 *
 * @param now Milliseconds.
 */
export const createLookout = (now: () => number): Lookout => {
  const sights = new Map<GatedQueue, Sight>();
  const isFresh = ({ seenAtMs }: Sight): boolean => seenAtMs === undefined || now() - seenAtMs < FRESH_MS;
  const look = (queue: GatedQueue): Sight => {
    const next = queue.look().then(
      (glance) => glance.next,
      // The fetch of whoever is chosen finds out, and deals with it.
      () => undefined,
    );
    const sight: Sight = { next, seenAtMs: undefined };
    void next.then(() => {
      sight.seenAtMs = now();
    });
    sights.set(queue, sight);
    return sight;
  };
  return {
    nextOf: (queue) => {
      const known = sights.get(queue);
      return (known !== undefined && isFresh(known) ? known : look(queue)).next;
    },
    note: (queue, { next }) => {
      sights.set(queue, { next: Promise.resolve(next), seenAtMs: now() });
    },
    forget: (queue) => {
      // One that is under way would only be repeated while Redis is away.
      if (sights.get(queue)?.seenAtMs !== undefined) sights.delete(queue);
    },
  };
};
