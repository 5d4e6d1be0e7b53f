import { type CorrelationId } from '@core/domain/CorrelationId';
import { z } from 'zod';
import {
  LATE_MS,
  type MissedRuns,
  type RecurringSchedule,
  type RunOverlap,
  type ScheduleOrigin,
} from './RecurringSchedule';
import { type ScheduleId } from './ScheduleId';
import { type CompleteTiming, describeTiming } from './ScheduleTiming';

/** What Redis keeps of a schedule beside its times: what was asked for. */
export interface StoredSchedule {
  readonly v: 1;
  readonly taskName: string;
  readonly payload: unknown;
  readonly timing: CompleteTiming;
  readonly missed: MissedRuns;
  readonly overlap: RunOverlap;
  readonly origin: ScheduleOrigin;
  readonly correlationId?: CorrelationId | undefined;
}

/** The times of a schedule, as Redis keeps them; milliseconds since 1970. */
export interface ScheduleTimes {
  /** When it is due; absent while it is paused. */
  readonly dueMs?: number | undefined;
  /** When it would be due if it were not paused; absent unless it is. */
  readonly pausedDueMs?: number | undefined;
  readonly lastRunMs?: number | undefined;
}

const storedSchema = z.strictObject({
  v: z.literal(1),
  taskName: z.string(),
  payload: z.unknown(),
  timing: z.union([
    z.strictObject({ everyMs: z.number() }),
    z.strictObject({ cron: z.string(), timezone: z.string() }),
  ]),
  missed: z.enum(['once', 'skip']),
  overlap: z.enum(['allow', 'skip']),
  origin: z.enum(['call', 'definition']),
  correlationId: z.string().optional(),
});

/** Reads what Redis keeps; `undefined` for what another version of this code wrote. */
export const parseStoredSchedule = (text: string): StoredSchedule | undefined => {
  try {
    const parsed = storedSchema.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as StoredSchedule) : undefined; // the correlation ID was checked when it was written
  } catch {
    return undefined;
  }
};

/** Whether two timings are the same. */
export const isSameTiming = (one: CompleteTiming, other: CompleteTiming): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const toDate = (ms: number | undefined, field: 'lastRunAt' | 'nextRunAt') =>
  ms === undefined ? {} : { [field]: new Date(ms) };

const problemOf = (dueMs: number | undefined, nowMs: number) =>
  dueMs === undefined || nowMs - dueMs <= LATE_MS
    ? {}
    : {
        problem: `no worker has started the run of ${new Date(dueMs).toISOString()}: does one run that has the task?`,
      };

/** Puts a schedule together as its readers see it. */
export const toRecurringSchedule = (
  id: ScheduleId,
  stored: StoredSchedule,
  { dueMs, lastRunMs, nowMs }: ScheduleTimes & { readonly nowMs: number },
): RecurringSchedule => {
  const { taskName, payload, timing, missed, overlap, origin, correlationId } = stored;
  return {
    id,
    taskName,
    ...timing,
    payload,
    description: describeTiming(timing),
    enabled: dueMs !== undefined,
    missed,
    overlap,
    origin,
    ...(correlationId === undefined ? {} : { correlationId }),
    ...toDate(lastRunMs, 'lastRunAt'),
    ...toDate(dueMs, 'nextRunAt'),
    ...problemOf(dueMs, nowMs),
  };
};
