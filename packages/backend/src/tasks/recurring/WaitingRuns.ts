import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { LATE_MS } from '../domain/RecurringSchedule';
import { type ScheduleRun } from '../queue/DueRuns';

/** Milliseconds between two lines; what waits, waits for a deployment. */
const REPORT_INTERVAL_MS = 60_000;

/** Ids that a line names. */
const SHOWN_COUNT = 10;

/** Says which runs nobody starts. */
export interface WaitingRuns {
  /** @param runs Those that are due and belong to tasks that this process has not. */
  report(runs: readonly ScheduleRun[], nowMs: number): void;
}

/** Creates the report: one line a minute while runs wait for longer than another worker would take. */
export const createWaitingRuns = (logger: ILogger): WaitingRuns => {
  const log = createRateLimitedLog({ logger, windowMs: REPORT_INTERVAL_MS });
  return {
    report: (runs, nowMs) => {
      const late = runs.filter(({ dueMs }) => nowMs - dueMs > LATE_MS).map(({ id }) => id);
      if (late.length === 0) return;
      log.warn('waiting', 'Runs of recurring schedules wait for a worker that has their task', {
        scheduleIds: late.slice(0, SHOWN_COUNT),
        count: late.length,
      });
    },
  };
};
