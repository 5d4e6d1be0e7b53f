import { DatabaseError } from '@backend/database/DatabaseError';

/** Work of which only so much goes on at the same time. */
export interface BoundedWork {
  /**
   * Does some work when there is room for it, in the order of the calls; answers what the work answers. Rejects with `busy` when
   * there was no room in time.
   *
   * @param key Of work with an equal one only one goes on at a time: it would only wait, and keep others waiting. Default: none.
   */
  take<T>(work: () => Promise<T>, key?: string): Promise<T>;
  /** Resolves when no work goes on or waits. */
  settled(): Promise<void>;
}

interface BoundedWorkOptions {
  /** Default: no bound. */
  readonly maxCount?: number;
  /** How long work waits for its turn; milliseconds. Default: 2000. */
  readonly patienceMs?: number;
}

interface Waiting {
  readonly key: string | undefined;
  start(): void;
}

/** Creates bounded work. */
export const createBoundedWork = ({
  maxCount = Number.POSITIVE_INFINITY,
  patienceMs = 2000,
}: BoundedWorkOptions = {}): BoundedWork => {
  const going = new Set<Promise<unknown>>();
  const keys = new Set<string>();
  const waiting = new Set<Waiting>();
  const hasRoom = (key: string | undefined): boolean =>
    going.size < maxCount && (key === undefined || !keys.has(key));
  const startNext = (): void => {
    for (const next of waiting) {
      if (going.size >= maxCount) return;
      if (hasRoom(next.key)) next.start();
    }
  };
  const start = <T>(work: () => Promise<T>, key: string | undefined): Promise<T> => {
    const started = work();
    going.add(started);
    if (key !== undefined) keys.add(key);
    const finish = (): void => {
      going.delete(started);
      if (key !== undefined) keys.delete(key);
      startNext();
    };
    started.then(finish, finish);
    return started;
  };
  const wait = <T>(work: () => Promise<T>, key: string | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const own: Waiting = {
        key,
        start: () => {
          clearTimeout(timer);
          waiting.delete(own);
          start(work, key).then(resolve, reject);
        },
      };
      const timer = setTimeout(() => {
        waiting.delete(own);
        reject(toBusy(patienceMs));
      }, patienceMs);
      waiting.add(own);
    });
  return {
    take: async (work, key) => (hasRoom(key) ? start(work, key) : wait(work, key)),
    settled: async () => {
      while (going.size > 0) await Promise.allSettled([...going]);
    },
  };
};

const toBusy = (patienceMs: number): DatabaseError =>
  new DatabaseError(`calls before this one have waited for other transactions for ${patienceMs} ms`, {
    code: 'busy',
  });
