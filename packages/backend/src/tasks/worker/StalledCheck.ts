/** A queue, as far as the check for stalled tasks is concerned. */
export interface CheckedQueue {
  /** Takes the lapsed locks of the tasks that run here back, where nobody else has taken the task. */
  reclaimLocks(): Promise<void>;
  /** Puts tasks back whose lock has lapsed; rejects when Redis refuses. */
  putBackStalled(): Promise<void>;
}

interface StalledCheckOptions {
  readonly queues: readonly CheckedQueue[];
  /** A word with Redis; resolves when it has answered. */
  ping(): Promise<unknown>;
  /** Milliseconds between two looks. */
  readonly intervalMs: number;
  /** Milliseconds after which the lock of a silent worker lapses. */
  readonly lockMs: number;
  /** Redis refused a look. */
  onError(error: Error): void;
  /** A clock that never goes back; milliseconds. */
  now(): number;
}

/** All workers look once in an interval together, by a key in Redis: one that comes a moment too early looks in vain. */
const TURN_MS = 10;

/** Looks for tasks of dead workers. */
export interface StalledCheck {
  /** One look; called by the timer, public for tests. Never rejects. */
  look(): Promise<void>;
  stop(): void;
}

/** Timers are late by less on a machine that is not overloaded; milliseconds. */
const JITTER_MS = 50;

/**
 * Milliseconds between two answers of Redis after which locks may have lapsed in between. A lock that is renewed when half
 * of its time is over lasts for another half; a gap that is shorter lets none lapse. Pure.
 */
export const toLongestGapMs = (intervalMs: number, lockMs: number): number =>
  intervalMs + Math.max(JITTER_MS, Math.min(lockMs / 4, lockMs / 2 - intervalMs));

/**
 * Starts to look for tasks whose worker died, all queues of a worker in one go.
 *
 * After a time in which Redis, or this process, stood still, every lock may have lapsed though every worker lives. Then
 * a look does not take tasks away: it takes this worker's own locks back, and leaves the others one interval to do the
 * same. When that happens in two looks in a row, the second takes the own locks back before it takes tasks away. BullMQ's own check takes every task away at that moment, and its worker runs it a second time; and it waits five
 * seconds after an error.
 */
export const createStalledCheck = (options: StalledCheckOptions): StalledCheck => {
  const { queues, ping, intervalMs, lockMs, onError, now } = options;
  const longestGapMs = toLongestGapMs(intervalMs, lockMs);
  let answeredAtMs = now();
  let isLooking = false;
  let hasReclaimed = false;
  let isStopped = false;
  // What was before its start a worker cannot know.
  let mayHaveLapsed = true;

  const reclaim = async (): Promise<void> => {
    await Promise.all(queues.map((queue) => queue.reclaimLocks()));
    mayHaveLapsed = false;
    hasReclaimed = true;
  };

  const putBack = async (): Promise<void> => {
    hasReclaimed = false;
    await Promise.all(queues.map((queue) => queue.putBackStalled()));
    mayHaveLapsed = false;
  };

  const lookOnce = async (): Promise<void> => {
    const lastAnswerAtMs = answeredAtMs;
    await ping();
    answeredAtMs = now();
    if (answeredAtMs - lastAnswerAtMs > longestGapMs) mayHaveLapsed = true;
    if (mayHaveLapsed) {
      // Not twice in a row: on a Redis that is always slow the tasks of dead workers would never come back.
      const isEnough = !hasReclaimed;
      await reclaim();
      if (isEnough) return;
    }
    // A worker that stops leaves the tasks of others to others.
    if (!isStopped) await putBack();
  };

  const look = async (): Promise<void> => {
    // While Redis is away one look waits for it; more would only queue up behind.
    if (isLooking) return;
    isLooking = true;
    try {
      await lookOnce();
    } catch (error) {
      mayHaveLapsed = true;
      onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      isLooking = false;
    }
  };

  let timer: ReturnType<typeof setTimeout> | undefined;
  const lookAgainAndAgain = async (): Promise<void> => {
    await look();
    if (!isStopped) timer = setTimeout(() => void lookAgainAndAgain(), intervalMs + TURN_MS);
  };
  void lookAgainAndAgain();
  return {
    look,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
};
