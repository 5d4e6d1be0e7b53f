import { deduplicationOptionProblems } from './Deduplication';
import { isRecord, numberFieldProblems, unknownFieldProblems } from './fieldProblems';
import { isolationProblems } from './Isolation';
import {
  ATTEMPTS,
  DELAY,
  MAX_DELAY_MS,
  type NumberRule,
  numberProblem,
  showValue,
  TIMER,
} from './numberRule';
import { priorityProblems } from './Priority';
import { tokenListProblems } from './ResourceToken';
import { retryProblems } from './retryProblems';
import { type RateLimit, type RetentionRule, type TaskOptions } from './TaskOptions';

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
  'resources',
  'isolate',
] as const satisfies readonly (keyof TaskOptions)[];

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
    ...tokenListProblems('resources', options['resources']),
    ...isolationProblems(options['isolate']),
    ...doubleBackoffProblems(options['backoffMs'], retry),
  ];
};
