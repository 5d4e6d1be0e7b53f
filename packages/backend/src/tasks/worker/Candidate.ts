import { type NextTask } from '../queue/glance';

/** A queue that could get a slot, and the task that it would begin; nothing when that is gone, or not known. */
export interface Candidate<Queue> {
  readonly queue: Queue;
  readonly next: NextTask | undefined;
}

/** BullMQ's number of our priority 0; the others count down from it. */
const LOWEST_JOB_PRIORITY = 101;

/**
 * A task's rank among those of other queues: our priority, and what its waiting adds. Higher goes first. Pure.
 *
 * @param agingMs Milliseconds of waiting that count as one step of priority; 0: none.
 */
export const toRank = ({ jobPriority, dueAtMs }: NextTask, nowMs: number, agingMs: number): number => {
  const priority = LOWEST_JOB_PRIORITY - jobPriority;
  return agingMs === 0 ? priority : priority + Math.max(0, nowMs - dueAtMs) / agingMs;
};

/** Picks the highest rank, the oldest of equal ones; who has no task comes last. Pure. */
export const pickBest = <Queue>(
  candidates: readonly Candidate<Queue>[],
  nowMs: number,
  agingMs: number,
): Candidate<Queue> | undefined => {
  const rankOf = ({ next }: Candidate<Queue>): number =>
    next === undefined ? -1 : toRank(next, nowMs, agingMs);
  return candidates.toSorted(
    (one, other) => rankOf(other) - rankOf(one) || compareAge(one.next, other.next),
  )[0];
};

const compareAge = (one: NextTask | undefined, other: NextTask | undefined): number =>
  (one?.dueAtMs ?? 0) - (other?.dueAtMs ?? 0) || (one?.id ?? '').localeCompare(other?.id ?? '');
