import { err, ok, type Result } from 'neverthrow';
import { type Fields, isRecord, numberFieldProblems, unknownFieldProblems } from '../domain/fieldProblems';
import { DELAY, type NumberRule, numberProblem, showValue } from '../domain/numberRule';
import { type RetriedSteps, retriedStepsProblems, retryCallProblems } from '../domain/RetryCall';
import { DeadLetterError } from './DeadLetterError';

/** Which dead letters are listed. */
export interface LetterListOptions {
  /** Only those of this task. Default: those of every registered task. */
  readonly name?: string;
  /** 1 to 1000. Default: 100. */
  readonly limit?: number;
  /** How many of the newest are left out; 0 to 1,000,000. Default: 0. */
  readonly offset?: number;
}

/** How one dead letter is retried. */
export interface LetterRetryOptions {
  /** Retries a letter that was retried before, as one more task. Default: false. */
  readonly force?: boolean;
  /** `keep`: the new task has the finished steps of the old one. `again`: it does them again. Default: `keep`. */
  readonly steps?: RetriedSteps;
}

/** Which dead letters are retried together. */
export interface LetterRetryAllOptions {
  /** Only those of this task. Default: those of every registered task. */
  readonly name?: string;
  /** At most so many tasks; 1 to 1,000,000. Default: all. */
  readonly limit?: number;
  /** Only letters that failed at this moment or later. */
  readonly failedAfter?: Date;
  /** Only letters that failed before this moment. */
  readonly failedBefore?: Date;
  /** `keep`: the new tasks have the finished steps of the old ones. `again`: they do them again. Default: `keep`. */
  readonly steps?: RetriedSteps;
}

/** Which dead letters are purged. */
export interface LetterPurgeOptions {
  /** Only those of this task. Default: those of every registered task. */
  readonly name?: string;
}

interface QueryRule {
  readonly numbers?: Readonly<Record<string, NumberRule>>;
  readonly dates?: readonly string[];
  readonly hasSteps?: boolean;
}

const MILLION: NumberRule = { min: 1, max: 1_000_000 };

const LIST: QueryRule = {
  numbers: { limit: { min: 1, max: 1000 }, offset: { min: 0, max: 1_000_000 } },
};
const RETRY_ALL: QueryRule = {
  numbers: { limit: MILLION },
  dates: ['failedAfter', 'failedBefore'],
  hasSteps: true,
};

const dateProblem = (field: string, value: unknown): string[] =>
  value === undefined || (value instanceof Date && !Number.isNaN(value.getTime()))
    ? []
    : [`expected ${field} to be a valid Date, got ${showValue(value)}`];

const orderProblem = ({ failedAfter, failedBefore }: Fields): string[] =>
  failedAfter instanceof Date && failedBefore instanceof Date && failedAfter >= failedBefore
    ? [
        `expected failedAfter to lie before failedBefore, got ${showValue(failedAfter)} and ${showValue(failedBefore)}`,
      ]
    : [];

const nameProblems = (name: unknown): string[] =>
  name === undefined || typeof name === 'string'
    ? []
    : [`expected name to be the name of a task, got ${showValue(name)}`];

/** All of them take a `name`, too. */
const problemsOf = (
  options: unknown,
  { numbers = {}, dates = [], hasSteps = false }: QueryRule,
): string[] => {
  if (!isRecord(options)) return [`expected options to be an object, got ${showValue(options)}`];
  const dateProblems = dates.flatMap((field) => dateProblem(field, options[field]));
  return [
    ...unknownFieldProblems(options, [
      'name',
      ...Object.keys(numbers),
      ...dates,
      ...(hasSteps ? ['steps'] : []),
    ]),
    ...nameProblems(options['name']),
    ...numberFieldProblems(options, numbers),
    ...dateProblems,
    ...(dateProblems.length === 0 ? orderProblem(options) : []),
    ...(hasSteps ? retriedStepsProblems(options['steps']) : []),
  ];
};

const toResult = <T>(value: T, problems: readonly string[]): Result<T, DeadLetterError> =>
  problems.length === 0
    ? ok(value)
    : err(new DeadLetterError(problems.join('; '), { code: 'invalid-query' }));

/** Checks the options of `list`. */
export const checkListOptions = (options: LetterListOptions): Result<LetterListOptions, DeadLetterError> =>
  toResult(options, problemsOf(options, LIST));

/** Checks the options of `retryAll`. */
export const checkRetryAllOptions = (
  options: LetterRetryAllOptions,
): Result<LetterRetryAllOptions, DeadLetterError> => toResult(options, problemsOf(options, RETRY_ALL));

/** Checks the arguments of `retry`, and of `get`, which has no options. */
export const checkRetryCall = (
  id: unknown,
  options: LetterRetryOptions = {},
): Result<LetterRetryOptions, DeadLetterError> => toResult(options, retryCallProblems(id, options));

/** Checks the argument of `count`. */
export const checkCountCall = (name: string | undefined): Result<string | undefined, DeadLetterError> =>
  toResult(name, nameProblems(name));

/** Checks the arguments of `purge`. */
export const checkPurgeCall = (
  olderThanMs: number,
  options: LetterPurgeOptions,
): Result<LetterPurgeOptions, DeadLetterError> =>
  toResult(options, [
    ...[numberProblem('olderThanMs', olderThanMs, DELAY) ?? []].flat(),
    ...problemsOf(options, {}),
  ]);
