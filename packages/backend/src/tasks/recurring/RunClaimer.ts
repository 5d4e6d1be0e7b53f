import { type ILogger } from '@backend/logger/Logger';
import { decideTick } from '../domain/RecurringSchedule';
import { type DueRuns, type FoundRun } from '../queue/DueRuns';
import { type ClaimedRun } from './RunStarter';

/** A run whose schedule could be read, and whose task this process has. */
export type OwnRun = FoundRun & Pick<ClaimedRun, 'stored' | 'task'>;

interface RunClaimerOptions {
  readonly runs: DueRuns;
  readonly logger: ILogger;
  /** Asked before each claim. */
  isStopped(): boolean;
}

/**
 * Creates what claims a schedule's runs that are due, one after the other, and hands each to `onClaimed`. Rejects when the
 * next run cannot be worked out; what was claimed before is claimed.
 */
export const createRunClaimer =
  ({ runs, logger, isStopped }: RunClaimerOptions) =>
  async (run: OwnRun, nowMs: number, onClaimed: (run: ClaimedRun) => void): Promise<void> => {
    const { timing, missed } = run.stored;
    for (let { dueMs } = run; dueMs <= nowMs && !isStopped(); ) {
      const { isRun, isMissed, nextMs } = decideTick({ timing, missed, dueMs, nowMs });
      if (!(await runs.claim({ ...run, dueMs, nextMs, isRun }))) return;
      if (isRun) onClaimed({ ...run, dueMs, isMissed });
      else logSkipped(logger, { ...run, dueMs });
      dueMs = nextMs;
    }
  };

const logSkipped = (logger: ILogger, { id, stored, dueMs }: OwnRun): void =>
  logger.warn('A recurring schedule missed runs; they are skipped', {
    scheduleId: id,
    taskName: stored.taskName,
    dueAt: new Date(dueMs),
  });
