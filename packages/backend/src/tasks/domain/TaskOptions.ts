import { type DeduplicationOptions, deduplicationOptionProblems } from './Deduplication';
import { suggestion } from './nearestName';
import {
  ATTEMPTS,
  DELAY,
  MAX_DELAY_MS,
  type NumberRule,
  numberProblem,
  showValue,
  TIMER,
} from './numberRule';
import { isPriority, type Priority } from './Priority';
import { type RecurringRule } from './RecurringRule';
import { type RetryPolicy } from './RetryPolicy';

/** How many finished tasks Redis keeps, and for how long. What comes first, decides. */
export interface RetentionRule {
  /** Milliseconds since the task ended. */
  readonly ageMs?: number;
  /** Newest tasks of this kind in this queue. */
  readonly count?: number;
}

/** So many attempts within so much time; the time begins with the first of them. */
export interface RateLimit {
  /** 1 to 1,000,000. */
  readonly max: number;
  /** Milliseconds; 1 to 2^31 - 1. */
  readonly durationMs: number;
}

/** The parts of a retry policy a definition may name; the rest keeps its default. */
export interface RetryOptions extends Partial<RetryPolicy> {
  /** Says whether an error is worth another attempt. Default: every error is. A predicate that throws counts as yes. */
  readonly retryOn?: (error: Error) => boolean;
}

/** How a task is run; every field may be left out. */
export interface TaskOptions<Payload = unknown> extends DeduplicationOptions<Payload> {
  /** `'low'` 10, `'normal'` 50, `'high'` 75, `'critical'` 100, or a whole number from 0 to 100. Default: `'normal'`. */
  readonly priority?: Priority;
  /** All attempts, the first included; 1 to 1000. Default: `TASK_MAX_ATTEMPTS` (3). */
  readonly maxAttempts?: number;
  /** The same wait before every further attempt, in milliseconds; 0 to 10 years. Not together with `retry.backoff`. */
  readonly backoffMs?: number;
  /** The wait between attempts in full. Default: exponential from `TASK_BACKOFF_MS` (1000), doubled, at most 5 minutes. */
  readonly retry?: RetryOptions;
  /** Milliseconds an attempt may take before its signal is aborted; 1 to 2^31 - 1. Default: `TASK_TIMEOUT_MS` (30,000). */
  readonly timeoutMs?: number;
  /** Tasks of this definition that run at the same time, over all workers; 1 to 10,000. Default: no limit. */
  readonly maxConcurrency?: number;
  /** Attempts of this definition that begin within a time, over all workers. Default: no limit. */
  readonly rateLimit?: RateLimit;
  /** What Redis keeps of finished tasks. Default: completed and cancelled 24 h or 1,000, failed 14 days or 10,000. */
  readonly retention?: {
    readonly completed?: RetentionRule;
    readonly failed?: RetentionRule;
    readonly cancelled?: RetentionRule;
  };
  /** Runs the task again and again, from the start of the first worker that knows it. Default: it does not. */
  readonly recurring?: RecurringRule;
}

const NUMBER_RULES = {
  maxAttempts: ATTEMPTS,
  backoffMs: DELAY,
  timeoutMs: TIMER,
  maxConcurrency: { min: 1, max: 10_000 },
} as const satisfies Partial<Record<keyof TaskOptions, NumberRule>>;

const RATE_LIMIT_RULES = {
  max: { min: 1, max: 1_000_000 },
  durationMs: TIMER,
} as const satisfies Record<keyof RateLimit, NumberRule>;

const RETRY_NUMBER_RULES = {
  initialDelayMs: DELAY,
  incrementMs: DELAY,
  maxDelayMs: DELAY,
} as const satisfies Partial<Record<keyof RetryOptions, NumberRule>>;

const RETENTION_RULES = {
  ageMs: { min: 1000, max: MAX_DELAY_MS },
  count: { min: 0, max: 10_000_000 },
} as const satisfies Record<keyof RetentionRule, NumberRule>;

const TASK_OPTION_NAMES = [
  'priority',
  'maxAttempts',
  'backoffMs',
  'retry',
  'timeoutMs',
  'retention',
  'idempotencyKey',
  'idempotencyWindowMs',
  'uniqueTag',
  'debounce',
  'maxConcurrency',
  'rateLimit',
  'recurring',
] as const satisfies readonly (keyof TaskOptions)[];
const RETRY_OPTION_NAMES = [
  'backoff',
  'initialDelayMs',
  'multiplier',
  'incrementMs',
  'maxDelayMs',
  'stepsMs',
  'jitter',
  'retryOn',
] as const satisfies readonly (keyof RetryOptions)[];
const BACKOFFS = [
  'exponential',
  'linear',
  'fixed',
  'steps',
] as const satisfies readonly RetryPolicy['backoff'][];

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Says for every given field that is not a known one so, with the nearest known name. */
export const unknownFieldProblems = (given: Fields, known: readonly string[], prefix = ''): string[] =>
  Object.keys(given)
    .filter((field) => !known.includes(field))
    .map((field) => `unknown option ${prefix}${field}.${suggestion(field, known)}`);

/** Checks the given fields that must be whole numbers in a range; a field that is left out is fine. */
export const numberFieldProblems = (
  given: Fields,
  rules: Readonly<Record<string, NumberRule>>,
  prefix = '',
): string[] =>
  Object.entries(rules).flatMap(([field, rule]) =>
    given[field] === undefined ? [] : (numberProblem(prefix + field, given[field], rule) ?? []),
  );

/** Says what is wrong with a priority, or nothing. */
export const priorityProblems = (priority: unknown): string[] =>
  priority === undefined || isPriority(priority)
    ? []
    : [
        `expected priority to be low, normal, high, critical or an integer from 0 to 100, got ${showValue(priority)}`,
      ];

const stepsProblems = (steps: unknown): string[] => {
  if (steps === undefined) return [];
  if (!Array.isArray(steps) || steps.length === 0) {
    return [`expected retry.stepsMs to be a list of at least one wait, got ${showValue(steps)}`];
  }
  return steps.flatMap((step, index) => numberProblem(`retry.stepsMs[${index}]`, step, DELAY) ?? []);
};

const multiplierProblems = (multiplier: unknown): string[] =>
  multiplier === undefined || (typeof multiplier === 'number' && multiplier >= 1 && multiplier <= 100)
    ? []
    : [`expected retry.multiplier to be a number from 1 to 100, got ${showValue(multiplier)}`];

const typeProblems = (given: Fields, field: string, type: 'boolean' | 'function'): string[] =>
  given[field] === undefined || typeof given[field] === type
    ? []
    : [`expected retry.${field} to be a ${type}, got ${showValue(given[field])}`];

const backoffProblems = ({ backoff, stepsMs }: Fields): string[] => {
  if (backoff !== undefined && !(BACKOFFS as readonly unknown[]).includes(backoff)) {
    return [`expected retry.backoff to be one of ${BACKOFFS.join(', ')}, got ${showValue(backoff)}`];
  }
  if (backoff === 'steps' && stepsMs === undefined) {
    return ['expected retry.stepsMs beside retry.backoff "steps", got undefined'];
  }
  return [];
};

/** Lists everything that is wrong with the parts of a retry policy. */
export const retryProblems = (retry: unknown): string[] => {
  if (retry === undefined) return [];
  if (!isRecord(retry)) return [`expected retry to be an object, got ${showValue(retry)}`];
  return [
    ...unknownFieldProblems(retry, RETRY_OPTION_NAMES, 'retry.'),
    ...numberFieldProblems(retry, RETRY_NUMBER_RULES, 'retry.'),
    ...backoffProblems(retry),
    ...stepsProblems(retry['stepsMs']),
    ...multiplierProblems(retry['multiplier']),
    ...typeProblems(retry, 'jitter', 'boolean'),
    ...typeProblems(retry, 'retryOn', 'function'),
  ];
};

const retentionProblems = (retention: unknown): string[] => {
  if (retention === undefined) return [];
  if (!isRecord(retention)) return [`expected retention to be an object, got ${showValue(retention)}`];
  const kinds = Object.entries(retention).filter(([, rule]) => rule !== undefined);
  return [
    ...unknownFieldProblems(retention, ['completed', 'failed', 'cancelled'], 'retention.'),
    ...kinds.flatMap(([kind, rule]) =>
      isRecord(rule)
        ? [
            ...unknownFieldProblems(rule, Object.keys(RETENTION_RULES), `retention.${kind}.`),
            ...numberFieldProblems(rule, RETENTION_RULES, `retention.${kind}.`),
          ]
        : [`expected retention.${kind} to be an object, got ${showValue(rule)}`],
    ),
  ];
};

/** Both numbers are needed: a limit without its time is none. */
const rateLimitProblems = (limit: unknown): string[] => {
  if (limit === undefined) return [];
  if (!isRecord(limit)) return [`expected rateLimit to be an object, got ${showValue(limit)}`];
  return [
    ...unknownFieldProblems(limit, Object.keys(RATE_LIMIT_RULES), 'rateLimit.'),
    ...Object.entries(RATE_LIMIT_RULES).flatMap(
      ([field, rule]) => numberProblem(`rateLimit.${field}`, limit[field], rule) ?? [],
    ),
  ];
};

/** The shorthand and the policy would both set the first wait. */
const doubleBackoffProblems = (backoffMs: unknown, retry: unknown): string[] => {
  if (backoffMs === undefined || !isRecord(retry)) return [];
  const double = ['backoff', 'initialDelayMs'].find((field) => retry[field] !== undefined);
  return double === undefined ? [] : [`expected either backoffMs or retry.${double}, got both`];
};

/** Lists everything that is wrong with a definition's options; an empty list means they are fine. */
export const taskOptionProblems = (options: unknown): string[] => {
  if (options === undefined) return [];
  if (!isRecord(options)) return [`expected options to be an object, got ${showValue(options)}`];
  const retry = options['retry'];
  return [
    ...unknownFieldProblems(options, TASK_OPTION_NAMES),
    ...numberFieldProblems(options, NUMBER_RULES),
    ...priorityProblems(options['priority']),
    ...retryProblems(retry),
    ...retentionProblems(options['retention']),
    ...rateLimitProblems(options['rateLimit']),
    ...deduplicationOptionProblems(options),
    ...doubleBackoffProblems(options['backoffMs'], retry),
  ];
};
