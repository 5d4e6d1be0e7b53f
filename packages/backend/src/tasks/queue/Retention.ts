import { type KeepJobs } from 'bullmq';
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
