import { type ILogger } from '@backend/logger/Logger';
import { createRateLimitedLog } from '@backend/logger/RateLimitedLog';
import { describeUnknown } from '@core/errors/describeUnknown';
import { type ScheduleRun } from '../queue/DueRuns';

/** Ids that a line names. */
const SHOWN_COUNT = 10;

/** A run that could not be claimed or started, and why. */
export interface BrokenRun extends Pick<ScheduleRun, 'id'> {
  readonly error: unknown;
}

/** Says which runs could not be started. */
export interface BrokenRuns {
  report(runs: readonly BrokenRun[]): void;
}

/** Creates the report: one line in ten seconds, with the reason of the first. */
export const createBrokenRuns = (logger: ILogger): BrokenRuns => {
  const log = createRateLimitedLog({ logger });
  return {
    report: (runs) => {
      const [first] = runs;
      if (first === undefined) return;
      log.warn('broken', 'Runs of recurring schedules cannot be started', {
        scheduleIds: runs.slice(0, SHOWN_COUNT).map(({ id }) => id),
        count: runs.length,
        reason: describeUnknown(first.error),
      });
    },
  };
};
