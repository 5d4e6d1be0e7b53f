import { CronExpressionParser } from 'cron-parser';
import { showValue } from './numberRule';

/** A cron expression, and the time zone whose clock it is read by. */
export interface CronTiming {
  /** Minute, hour, day, month and weekday, with seconds before them if there are six fields. */
  readonly cron: string;
  /** IANA name, such as `Europe/Berlin`. */
  readonly timezone: string;
}

/** How many values each field has, from the last field to the first. */
const FIELD_SIZES = [7, 12, 31, 24, 60, 60];

/** `H` stands for a random value, and would stand for another one in each process. */
const RANDOM_VALUE = /(?<![A-Za-z])H(?![A-Za-z])/i;

/** What cron-parser says of an expression that is well formed and has no date, such as 30 February. */
const NEVER = /Invalid explicit day of month definition|loop limit exceeded|Out of the time span range/;

const toFields = (cron: string): readonly string[] => cron.trim().split(/\s+/);

/** The same expression with single spaces. */
export const normalizeCron = (cron: string): string => toFields(cron).join(' ');

/**
 * Says what is wrong with a time zone, or nothing.
 *
 * @param field The name it has in the message.
 */
export const timezoneProblems = (timezone: unknown, field = 'timezone'): string[] => {
  try {
    if (typeof timezone === 'string' && timezone !== '') {
      new Intl.DateTimeFormat('en', { timeZone: timezone });
      return [];
    }
  } catch {
    // A RangeError: Intl knows no such zone.
  }
  return [`expected ${field} to be an IANA time zone, got ${showValue(timezone)}`];
};

/** A step such as every 90 minutes starts again at each full hour: it would run hourly. */
const stepProblems = (fields: readonly string[], field: string): string[] =>
  fields
    .toReversed()
    .flatMap((text, index) =>
      [...text.matchAll(/\/(\d+)/g)]
        .filter(([, step]) => Number(step) >= (FIELD_SIZES[index] ?? 0))
        .map(
          ([step]) =>
            `expected each step of ${field} to be below ${FIELD_SIZES[index]} in this place, got ${step} in ${showValue(text)}; everyMs has no such limit`,
        ),
    );

const expectation = (field: string): string =>
  `expected ${field} to have 5 fields (minute hour day month weekday), or 6 with seconds before them`;

const formProblems = (cron: string, field: string): string[] => {
  const fields = toFields(cron);
  if (fields.length < 5 || fields.length > 6) return [`${expectation(field)}, got ${showValue(cron)}`];
  if (RANDOM_VALUE.test(cron)) return [`expected ${field} without the random H, got ${showValue(cron)}`];
  return stepProblems(fields, field);
};

/** Asks for the first run: an expression may be well formed and have none. */
const meaningProblems = (cron: string, field: string): string[] => {
  try {
    CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: new Date(0) }).next();
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return NEVER.test(reason)
      ? [`expected ${field} to have a next run, got ${showValue(cron)}, which never comes`]
      : [`expected ${field} to be a cron expression, got ${showValue(cron)}: ${reason}`];
  }
};

/**
 * Says what is wrong with a cron expression, or nothing.
 *
 * @param field The name it has in the message.
 */
export const cronProblems = (cron: unknown, field = 'cron'): string[] => {
  if (typeof cron !== 'string') return [`${expectation(field)}, got ${showValue(cron)}`];
  const problems = formProblems(cron, field);
  return problems.length > 0 ? problems : meaningProblems(normalizeCron(cron), field);
};

/**
 * The first run after a moment; both in milliseconds since 1970. Expects a checked expression.
 *
 * An hour that a change of the clocks leaves out is made up for: the run comes that much later. Of an hour that exists
 * twice the first one counts, unless the hour field is `*`: then both do.
 */
export const nextCronRunMs = ({ cron, timezone }: CronTiming, afterMs: number): number => {
  const runs = CronExpressionParser.parse(cron, {
    tz: timezone,
    currentDate: new Date(startOfSearch({ cron, timezone }, afterMs)),
  });
  for (;;) {
    const runMs = runs.next().getTime();
    if (runMs > afterMs) return runMs;
  }
};

/** No zone changes its clocks by more; milliseconds. */
const LONGEST_CHANGE_MS = 2 * 60 * 60 * 1000;

/**
 * cron-parser follows a change of the clocks only when it comes across it: a search that begins too close to one finds
 * half past two a second time, or leaves it out. So such a search begins an hour before the change at least.
 */
const startOfSearch = ({ cron, timezone }: CronTiming, afterMs: number): number => {
  const isEveryHour = toFields(cron).at(-4) === '*';
  if (isEveryHour) return afterMs;
  const offset = createOffset(timezone);
  const isNearChange = offset(afterMs - LONGEST_CHANGE_MS) !== offset(afterMs + LONGEST_CHANGE_MS);
  return isNearChange ? afterMs - LONGEST_CHANGE_MS - 60 * 60 * 1000 : afterMs;
};

/** How far a zone's clock is from UTC at a moment, in words that are equal when the distance is. */
const createOffset = (timezone: string): ((atMs: number) => string) => {
  const format = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' });
  return (atMs) => format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
};
