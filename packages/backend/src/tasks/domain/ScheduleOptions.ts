import { type UserId, userIdSchema } from '@core/domain/user/user';
import { type DeduplicationOverrides, deduplicationOverrideProblems } from './Deduplication';
import { numberFieldProblems, unknownFieldProblems } from './fieldProblems';
import { checkJson } from './JsonFidelity';
import { ATTEMPTS, DELAY, MAX_DELAY_MS, type NumberRule, showValue, TIMER } from './numberRule';
import { type Priority, priorityProblems } from './Priority';
import { type RetryPolicy } from './RetryPolicy';
import { retryProblems } from './retryProblems';

/** How one task is scheduled; every field may be left out and then comes from the definition. */
export interface ScheduleOptions extends DeduplicationOverrides {
  /** The user the task belongs to. */
  readonly userId?: UserId;
  /** Milliseconds until the task may run; 0 to 10 years. Not together with `at`. Default: 0. */
  readonly delayMs?: number;
  /** When the task may run; at most 10 years ahead and at most one minute ago (clocks differ). */
  readonly at?: Date;
  /** As in the definition. */
  readonly priority?: Priority;
  /** As in the definition. */
  readonly maxAttempts?: number;
  /** As in the definition: the same wait before every further attempt, in milliseconds. */
  readonly backoffMs?: number;
  /** Parts of the definition's retry policy that differ for this task. Not together with `backoffMs`; `retryOn` stays the definition's. */
  readonly retry?: Partial<RetryPolicy>;
  /** As in the definition, in milliseconds. */
  readonly timeoutMs?: number;
  /**
   * Milliseconds after the task is due in which its first attempt must begin; 1 to 10 years. A task that has not begun
   * by then is failed as `expired` and never run late. Default: it never expires.
   */
  readonly expiresInMs?: number;
  /** Facts kept beside the payload, for handlers and people; JSON of at most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** How far in the past `at` may lie and still mean "now": one minute, in milliseconds. */
export const PAST_TOLERANCE_MS = 60_000;

const MAX_METADATA_BYTES = 16 * 1024;

const NUMBER_RULES = {
  delayMs: DELAY,
  maxAttempts: ATTEMPTS,
  backoffMs: DELAY,
  timeoutMs: TIMER,
  expiresInMs: { min: 1, max: MAX_DELAY_MS },
} as const satisfies Partial<Record<keyof ScheduleOptions, NumberRule>>;

const OPTION_NAMES = [
  ...Object.keys(NUMBER_RULES),
  'userId',
  'at',
  'priority',
  'retry',
  'metadata',
  'idempotencyKey',
  'idempotencyWindowMs',
  'uniqueTag',
];

type Fields = Readonly<Record<string, unknown>>;

const atProblems = ({ at, delayMs }: Fields, nowMs: number): string[] => {
  if (at === undefined) return [];
  if (delayMs !== undefined) return ['expected either delayMs or at, got both'];
  if (!(at instanceof Date) || Number.isNaN(at.getTime()))
    return [`expected at to be a valid Date, got ${showValue(at)}`];
  const aheadMs = at.getTime() - nowMs;
  if (aheadMs >= -PAST_TOLERANCE_MS && aheadMs <= MAX_DELAY_MS) return [];
  return [`expected at to lie between one minute ago and 10 years ahead, got ${at.toISOString()}`];
};

const userIdProblems = (userId: unknown): string[] =>
  userId === undefined || userIdSchema.safeParse(userId).success
    ? []
    : [`expected userId to be a user id (a UUID), got ${showValue(userId)}`];

const metadataProblems = (metadata: unknown): string[] => {
  if (metadata === undefined) return [];
  // What has a toJSON, such as a Date, may be anything but an object when the worker reads it.
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata) || 'toJSON' in metadata) {
    return [`expected metadata to be an object, got ${showValue(metadata)}`];
  }
  return checkJson(metadata, MAX_METADATA_BYTES).match(
    () => [],
    ({ message }) => [`metadata: ${message}`],
  );
};

/** A function cannot travel with a task, and the shorthand replaces the whole policy. */
const callRetryProblems = ({ retry, backoffMs }: Fields): string[] => {
  if (retry === undefined) return [];
  if (backoffMs !== undefined) return ['expected either backoffMs or retry, got both'];
  if (typeof retry === 'object' && retry !== null && 'retryOn' in retry) {
    return ['expected retry without retryOn, which only a definition may have'];
  }
  return retryProblems(retry);
};

/**
 * Lists everything that is wrong with the options of a scheduling call; nothing wrong ever silently means "now".
 *
 * @param nowMs Milliseconds since 1970, to judge `at`.
 */
export const scheduleOptionProblems = (options: unknown, nowMs: number): string[] => {
  if (options === undefined) return [];
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return [`expected options to be an object, got ${showValue(options)}`];
  }
  const given = options as Fields; // an object, just checked
  if (Object.keys(given).length === 0) return [];
  return [
    ...unknownFieldProblems(given, OPTION_NAMES),
    ...numberFieldProblems(given, NUMBER_RULES),
    ...priorityProblems(given['priority']),
    ...callRetryProblems(given),
    ...deduplicationOverrideProblems(given),
    ...userIdProblems(given['userId']),
    ...atProblems(given, nowMs),
    ...metadataProblems(given['metadata']),
  ];
};

/** Milliseconds from now until the task may run; 0 when it may run at once. Expects checked options. */
export const toDelayMs = ({ at, delayMs }: ScheduleOptions, nowMs: number): number =>
  at === undefined ? (delayMs ?? 0) : Math.max(0, at.getTime() - nowMs);
