import { type Fields, isRecord, numberFieldProblems, unknownFieldProblems } from './fieldProblems';
import { DELAY, type NumberRule, numberProblem, showValue } from './numberRule';
import { type RetryPolicy } from './RetryPolicy';
import { type RetryOptions } from './TaskOptions';

const RETRY_NUMBER_RULES = {
  initialDelayMs: DELAY,
  incrementMs: DELAY,
  maxDelayMs: DELAY,
} as const satisfies Partial<Record<keyof RetryOptions, NumberRule>>;

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
