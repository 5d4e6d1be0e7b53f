import { type EndedTask, type EndedTasks } from '../domain/EndedTasks';
import { type TaskCounts } from '../domain/TaskCounts';

/** Of all durations, the shortest that 50, 95 and 99 % do not exceed; milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** How the tasks of one definition are doing. What nothing is known of is absent. */
export interface TaskStats {
  readonly taskName: string;
  /** Of now; tasks that wait for another attempt are in `pending` and `scheduled`. */
  readonly counts: TaskCounts;
  /** How long the oldest task waits that could run now, since it was due; for one that is tried again, at most that long. */
  readonly oldestWaitingMs?: number;
  /** Completed and failed tasks in a minute, since `since`. */
  readonly throughputPerMinute?: number;
  /** The share of dead letters among the tasks that ended since `since`; 0 to 1. */
  readonly failureRate?: number;
  /** From due to the first attempt, of the tasks that ended in it. */
  readonly waitMs?: Percentiles;
  /** Of the last attempts. */
  readonly runMs?: Percentiles;
  /** The ended tasks behind these numbers. */
  readonly sampleCount: number;
  /** Those of them that completed with a skip, `ok({ status: 'skipped', reason })`. */
  readonly skippedCount: number;
  /** What ended after this moment is known in full: the start of the window, or later where Redis keeps less. */
  readonly since: Date;
}

/** How much of what ended Redis keeps. */
export interface KeptRule {
  readonly ageMs: number;
  readonly count: number;
}

/** What the numbers are made of. */
export interface StatsSample {
  readonly taskName: string;
  readonly counts: TaskCounts;
  readonly completed: EndedTasks;
  readonly failed: EndedTasks;
  readonly retention: { readonly completed: KeptRule; readonly failed: KeptRule };
  /** Milliseconds since 1970. */
  readonly oldestDueAtMs?: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly windowMs: number;
}

const MINUTE_MS = 60_000;

/**
 * Computes the statistics of one definition. Pure. Rates are taken over the time for which both kinds are known in full:
 * a set that is full has forgotten what ended before its oldest task.
 */
export const toTaskStats = (sample: StatsSample): TaskStats => {
  const { taskName, counts, oldestDueAtMs, nowMs, windowMs } = sample;
  const sinceMs = Math.min(
    nowMs,
    Math.max(nowMs - windowMs, ...(['completed', 'failed'] as const).map((kind) => knownSince(sample, kind))),
  );
  const isKnown = ({ endedAtMs }: EndedTask): boolean => endedAtMs > sinceMs;
  const failedCount = sample.failed.newest.filter(isKnown).length;
  const ended = [...sample.completed.newest, ...sample.failed.newest].filter(isKnown);
  const waitMs = toPercentiles(ended.flatMap(waitOf));
  const runMs = toPercentiles(ended.flatMap(runOf));
  return {
    taskName,
    counts,
    ...(oldestDueAtMs === undefined ? {} : { oldestWaitingMs: Math.max(0, nowMs - oldestDueAtMs) }),
    ...(sinceMs === nowMs ? {} : { throughputPerMinute: (ended.length * MINUTE_MS) / (nowMs - sinceMs) }),
    ...(ended.length === 0 ? {} : { failureRate: failedCount / ended.length }),
    ...(waitMs === undefined ? {} : { waitMs }),
    ...(runMs === undefined ? {} : { runMs }),
    sampleCount: ended.length,
    skippedCount: ended.filter(({ isSkipped }) => isSkipped).length,
    since: new Date(sinceMs),
  };
};

/** From when on all tasks of a kind are in the sample; milliseconds since 1970. */
const knownSince = ({ nowMs, retention, ...kinds }: StatsSample, kind: 'completed' | 'failed'): number => {
  const { newest, isCut, keptCount, oldestKeptAtMs = nowMs } = kinds[kind];
  const { ageMs, count } = retention[kind];
  return Math.max(
    nowMs - ageMs,
    keptCount >= count ? oldestKeptAtMs : 0,
    isCut ? (newest.at(-1)?.endedAtMs ?? nowMs) : 0,
  );
};

const waitOf = ({ dueAtMs, startedAtMs }: EndedTask): readonly number[] =>
  // Never negative, though the clocks of two processes may say so.
  dueAtMs === undefined || startedAtMs === undefined ? [] : [Math.max(0, startedAtMs - dueAtMs)];

const runOf = ({ endedAtMs, startedAtMs }: EndedTask): readonly number[] =>
  startedAtMs === undefined ? [] : [Math.max(0, endedAtMs - startedAtMs)];

/** By nearest rank; `undefined` without durations. */
const toPercentiles = (durationsMs: readonly number[]): Percentiles | undefined => {
  if (durationsMs.length === 0) return undefined;
  const sorted = durationsMs.toSorted((one, other) => one - other);
  const rank = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99) };
};
