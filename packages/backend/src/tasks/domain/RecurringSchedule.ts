import { type CorrelationId } from '@core/domain/CorrelationId';
import { type Fields, isRecord, unknownFieldProblems } from './fieldProblems';
import { showValue } from './numberRule';
import { type ScheduleId, scheduleIdProblems } from './ScheduleId';
import { type CompleteTiming, nextRunMs } from './ScheduleTiming';

/** What becomes of runs that nobody started in time: one run for all of them, or none. */
export type MissedRuns = 'once' | 'skip';

/** Whether a run may start while an earlier one of the same schedule is unfinished. */
export type RunOverlap = 'allow' | 'skip';

/** Who made a schedule: a call, or a definition's option `recurring`. */
export type ScheduleOrigin = 'call' | 'definition';

/** How a recurring schedule behaves; every field may be left out. */
export interface RecurringOptions {
  /**
   * 1 to 128 characters of A-Z a-z 0-9 . _ : -. The same id again changes the schedule. Default: the task's name and a
   * hash of payload and timing.
   */
  readonly id?: string;
  /** What becomes of runs that are more than 10 seconds late: one task for all (`'once'`) or none. Default: `'once'`. */
  readonly missed?: MissedRuns;
  /** Whether a run starts while an earlier one is unfinished. Default: `'allow'`. */
  readonly overlap?: RunOverlap;
}

/** A task that is scheduled again and again. */
export interface RecurringSchedule {
  readonly id: ScheduleId;
  readonly taskName: string;
  /** Exactly one of `everyMs` and `cron`. */
  readonly everyMs?: number;
  readonly cron?: string;
  /** The zone whose clock `cron` is read by; only beside it. */
  readonly timezone?: string;
  readonly payload: unknown;
  /** The timing in words. */
  readonly description: string;
  /** False while it is paused. */
  readonly enabled: boolean;
  readonly missed: MissedRuns;
  readonly overlap: RunOverlap;
  readonly origin: ScheduleOrigin;
  /** The request that created or last changed it; each run has its own. Absent for one of a definition. */
  readonly correlationId?: CorrelationId;
  /** When its last run was started. */
  readonly lastRunAt?: Date;
  /** When it runs next; absent while it is paused. */
  readonly nextRunAt?: Date;
  /** Why it does not run although it is enabled. */
  readonly problem?: string;
}

/** A run that starts later than this was missed; milliseconds. */
export const LATE_MS = 10_000;

const CHOICES = {
  missed: ['once', 'skip'],
  overlap: ['allow', 'skip'],
} as const satisfies { missed: readonly MissedRuns[]; overlap: readonly RunOverlap[] };

/** Says what is wrong with `missed` and `overlap`, or nothing. */
export const choiceProblems = (given: Fields, prefix = ''): string[] =>
  Object.entries(CHOICES).flatMap(([field, choices]) => {
    const value = given[field];
    if (value === undefined || (choices as readonly unknown[]).includes(value)) return [];
    return [`expected ${prefix}${field} to be one of ${choices.join(', ')}, got ${showValue(value)}`];
  });

const OPTION_NAMES = ['id', 'missed', 'overlap'] as const satisfies readonly (keyof RecurringOptions)[];

/** Lists everything that is wrong with the options of a recurring schedule. */
export const recurringOptionProblems = (options: unknown): string[] => {
  if (options === undefined) return [];
  if (!isRecord(options)) return [`expected options to be an object, got ${showValue(options)}`];
  return [
    ...unknownFieldProblems(options, OPTION_NAMES),
    ...(options['id'] === undefined ? [] : scheduleIdProblems(options['id'])),
    ...choiceProblems(options),
  ];
};

/** What becomes of a run that is due. */
export interface TickDecision {
  /** Whether a task is scheduled for it. */
  readonly isRun: boolean;
  /** Whether it is more than `LATE_MS` late: then it stands for every run that was missed. */
  readonly isMissed: boolean;
  /** The run after it; milliseconds since 1970. After now, unless the one that is due was in time. */
  readonly nextMs: number;
}

/**
 * Decides about a run that is due. Missed runs are never done one by one: the next one after them lies ahead.
 *
 * @throws when no next run follows from the timing: it was written by another program, or names a zone unknown here.
 * @param dueMs When it was due; `nowMs` and this in milliseconds since 1970, by the clock of Redis.
 */
export const decideTick = ({
  timing,
  missed,
  dueMs,
  nowMs,
}: {
  readonly timing: CompleteTiming;
  readonly missed: MissedRuns;
  readonly dueMs: number;
  readonly nowMs: number;
}): TickDecision => {
  const isMissed = nowMs - dueMs > LATE_MS;
  const nextMs = nextRunMs(timing, { gridMs: dueMs, afterMs: isMissed ? nowMs : dueMs });
  // Another program may have written any timing: with an interval of 0 there would be no end.
  if (!(nextMs > dueMs && Number.isSafeInteger(nextMs)))
    throw new Error(`the timing ${showValue(timing)} has no next run`);
  return { isRun: !isMissed || missed === 'once', isMissed, nextMs };
};
