import { isRecord, unknownFieldProblems } from './fieldProblems';
import { showValue } from './numberRule';

/** What a retry may do with the finished steps of the old task: the new one has them, or does them again. */
export const RETRIED_STEPS = ['keep', 'again'] as const;

/** One of `RETRIED_STEPS`. */
export type RetriedSteps = (typeof RETRIED_STEPS)[number];

const FIELDS = ['force', 'steps'];

/** Lists everything that is wrong with the arguments of a retry: the id of a task, and `{ force, steps }`. */
export const retryCallProblems = (id: unknown, options: unknown): readonly string[] => [
  ...(typeof id === 'string' && id !== '' ? [] : [`expected id to be a task id, got ${showValue(id)}`]),
  ...optionProblems(options),
];

const optionProblems = (options: unknown): readonly string[] => {
  if (!isRecord(options)) return [`expected options to be an object, got ${showValue(options)}`];
  const { force, steps } = options;
  const isFine = force === undefined || typeof force === 'boolean';
  return [
    ...unknownFieldProblems(options, FIELDS),
    ...(isFine ? [] : [`expected force to be a boolean, got ${showValue(force)}`]),
    ...retriedStepsProblems(steps),
  ];
};

/** Says what is wrong with the option `steps` of a retry; nothing when it is not given. */
export const retriedStepsProblems = (steps: unknown): readonly string[] =>
  steps === undefined || (RETRIED_STEPS as readonly unknown[]).includes(steps)
    ? []
    : [`expected steps to be "keep" or "again", got ${showValue(steps)}`];
