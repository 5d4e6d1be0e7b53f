import cronstrue from 'cronstrue';
import {
  type CronTiming,
  cronProblems,
  nextCronRunMs,
  normalizeCron,
  timezoneProblems,
} from './CronExpression';
import { type Fields, isRecord, numberFieldProblems, unknownFieldProblems } from './fieldProblems';
import { MAX_DELAY_MS, type NumberRule, showValue } from './numberRule';

/** When a recurring schedule runs: at a fixed distance, or when a cron expression says so. */
export type ScheduleTiming =
  | {
      /**
       * Milliseconds from run to run; 1000 to 10 years. Not less, since workers look for runs that are due once a
       * second. The first run comes that long after the creation.
       */
      readonly everyMs: number;
      readonly cron?: undefined;
      readonly timezone?: undefined;
    }
  | {
      /** Five fields (minute hour day month weekday), or six with seconds before them. */
      readonly cron: string;
      /** IANA name of the zone whose clock counts. Default: `UTC`. */
      readonly timezone?: string | undefined;
      readonly everyMs?: undefined;
    };

/** A timing whose defaults are filled in. */
export type CompleteTiming = { readonly everyMs: number } | CronTiming;

const NUMBER_RULES = { everyMs: { min: 1000, max: MAX_DELAY_MS } } as const satisfies Record<
  string,
  NumberRule
>;

const TIMING_FIELDS = ['everyMs', 'cron', 'timezone'] as const;

/** What is wrong with the three fields of a timing; others are none of its business. */
export const timingFieldProblems = ({ everyMs, cron, timezone }: Fields, prefix = ''): string[] => {
  if ((everyMs === undefined) === (cron === undefined)) {
    const got = everyMs === undefined ? 'neither' : 'both';
    return [`expected exactly one of ${prefix}everyMs and ${prefix}cron, got ${got}`];
  }
  if (cron === undefined) {
    if (timezone !== undefined) return [`expected ${prefix}timezone only beside cron, got it beside everyMs`];
    return numberFieldProblems({ everyMs }, NUMBER_RULES, prefix);
  }
  return [
    ...cronProblems(cron, `${prefix}cron`),
    ...(timezone === undefined ? [] : timezoneProblems(timezone, `${prefix}timezone`)),
  ];
};

/** Lists everything that is wrong with a timing. */
export const timingProblems = (timing: unknown): string[] => {
  if (!isRecord(timing)) {
    return [`expected the timing to be { everyMs } or { cron, timezone }, got ${showValue(timing)}`];
  }
  return [...unknownFieldProblems(timing, TIMING_FIELDS), ...timingFieldProblems(timing)];
};

/** Fills in the defaults of a checked timing. */
export const toCompleteTiming = (timing: ScheduleTiming): CompleteTiming =>
  timing.cron === undefined
    ? { everyMs: timing.everyMs }
    : { cron: normalizeCron(timing.cron), timezone: timing.timezone ?? 'UTC' };

/**
 * The first run after a moment; all in milliseconds since 1970.
 *
 * @param gridMs A run of the past: those of an interval lie at whole multiples of it from there.
 */
export const nextRunMs = (
  timing: CompleteTiming,
  { gridMs, afterMs }: { readonly gridMs: number; readonly afterMs: number },
): number => {
  if ('cron' in timing) return nextCronRunMs(timing, afterMs);
  const { everyMs } = timing;
  return gridMs + (Math.floor((afterMs - gridMs) / everyMs) + 1) * everyMs;
};

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [24 * 60 * 60 * 1000, 'day'],
  [60 * 60 * 1000, 'hour'],
  [60 * 1000, 'minute'],
  [1000, 'second'],
  [1, 'millisecond'],
];

const describeInterval = (everyMs: number): string => {
  const [ms, name] = UNITS.find(([unitMs]) => everyMs % unitMs === 0) ?? [1, 'millisecond'];
  return everyMs === ms ? `every ${name}` : `every ${everyMs / ms} ${name}s`;
};

/** Says a timing in words: `every 5 minutes`, `At 09:00, only on Monday`. The zone is not in it. */
export const describeTiming = (timing: CompleteTiming): string => {
  if (!('cron' in timing)) return describeInterval(timing.everyMs);
  try {
    return cronstrue.toString(timing.cron, { use24HourTimeFormat: true });
  } catch {
    // It reads a little less than cron-parser does: then the expression has to do.
    return timing.cron;
  }
};
