import { type KeepJobs, type Queue } from 'bullmq';
import { type RetentionRule, type TaskOptions } from '../domain/TaskOptions';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What Redis keeps of finished tasks unless the definition says otherwise; for each queue. */
export const DEFAULT_RETENTION = {
  completed: { ageMs: DAY_MS, count: 1000 },
  failed: { ageMs: 14 * DAY_MS, count: 10_000 },
} as const satisfies Required<NonNullable<TaskOptions['retention']>>;

const toKeepJobs = (rule: RetentionRule | undefined, fallback: Required<RetentionRule>): KeepJobs => ({
  age: Math.ceil((rule?.ageMs ?? fallback.ageMs) / 1000),
  count: rule?.count ?? fallback.count,
});

/** Translates a definition's retention to the options of its queue's worker, which hold for every job it finishes. */
export const toWorkerRetention = (
  retention: TaskOptions['retention'],
): { readonly removeOnComplete: KeepJobs; readonly removeOnFail: KeepJobs } => ({
  removeOnComplete: toKeepJobs(retention?.completed, DEFAULT_RETENTION.completed),
  removeOnFail: toKeepJobs(retention?.failed, DEFAULT_RETENTION.failed),
});

/** Tasks one sweep of one kind deletes at most, so that it never holds Redis up for long. */
const SWEEP_LIMIT = 1000;

/**
 * Deletes the finished tasks of a queue whose age is over. BullMQ looks at ages only when another task of the same kind
 * finishes: in a queue that has gone quiet they would stay for ever.
 *
 * @returns How many were deleted; at most 1,000 of each kind.
 */
export const sweepRetention = async (queue: Queue, retention: TaskOptions['retention']): Promise<number> => {
  const kinds = ['completed', 'failed'] as const;
  const deleted = await Promise.all(
    kinds.map((kind) =>
      queue.clean(retention?.[kind]?.ageMs ?? DEFAULT_RETENTION[kind].ageMs, SWEEP_LIMIT, kind),
    ),
  );
  return deleted.flat().length;
};
