import { type RedisClient } from '@backend/redis/createRedisClient';
import { type KeepJobs } from 'bullmq';
import { type RetentionRule, type TaskOptions } from '../domain/TaskOptions';
import { FINISHED_KINDS, type FinishedKind, TRIM_LIMIT, trimFinished } from './trimFinished';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What Redis keeps of finished tasks unless the definition says otherwise; for each queue. */
export const DEFAULT_RETENTION = {
  completed: { ageMs: DAY_MS, count: 1000 },
  failed: { ageMs: 14 * DAY_MS, count: 10_000 },
  cancelled: { ageMs: DAY_MS, count: 1000 },
} as const satisfies Required<NonNullable<TaskOptions['retention']>>;

const toKeepJobs = (rule: RetentionRule | undefined, fallback: Required<RetentionRule>): KeepJobs => ({
  age: Math.ceil((rule?.ageMs ?? fallback.ageMs) / 1000),
  count: rule?.count ?? fallback.count,
});

/** Translates a definition's retention to the options of its queue's worker, which hold for every job it completes or fails. */
export const toWorkerRetention = (
  retention: TaskOptions['retention'],
): { readonly removeOnComplete: KeepJobs; readonly removeOnFail: KeepJobs } => ({
  removeOnComplete: toKeepJobs(retention?.completed, DEFAULT_RETENTION.completed),
  removeOnFail: toKeepJobs(retention?.failed, DEFAULT_RETENTION.failed),
});

/** What a sweep works on. */
export interface RetentionSweep {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly retention: TaskOptions['retention'];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Asked between two commands, each of which deletes at most 1,000 tasks. */
  isStopped(): boolean;
}

/**
 * Deletes the finished tasks of a queue that are too old or too many. BullMQ looks only when another task of the same
 * kind finishes: in a queue that has gone quiet they would stay for ever. Deduplication keys stay.
 *
 * @returns How many were deleted.
 */
export const sweepRetention = async (sweep: RetentionSweep): Promise<number> => {
  let deletedCount = 0;
  for (const kind of FINISHED_KINDS) deletedCount += await sweepKind(kind, sweep);
  return deletedCount;
};

const sweepKind = async (
  kind: FinishedKind,
  { client, queueKey, retention, nowMs, isStopped }: RetentionSweep,
): Promise<number> => {
  const { ageMs = DEFAULT_RETENTION[kind].ageMs, count = DEFAULT_RETENTION[kind].count } =
    retention?.[kind] ?? {};
  let deletedCount = 0;
  while (!isStopped()) {
    const trim = { client, queueKey, kind, endedByMs: nowMs - ageMs, keepCount: count };
    const trimmedCount = await trimFinished(trim);
    deletedCount += trimmedCount;
    if (trimmedCount < TRIM_LIMIT) break;
  }
  return deletedCount;
};
