import { isRecord, unknownFieldProblems } from '../domain/fieldProblems';
import { ATTEMPTS, numberProblem, showValue } from '../domain/numberRule';
import { type TaskContext } from '../domain/TaskContext';
import { isTaskId } from '../domain/TaskId';
import { refuseTest } from './TestingError';

/** Whether a value fits, and the rule in words. */
interface PartRule {
  readonly isFine: (value: unknown) => boolean;
  readonly rule: string;
}

const FUNCTION: PartRule = { isFine: (value) => typeof value === 'function', rule: 'a function' };
const TEXT: PartRule = { isFine: (value) => typeof value === 'string', rule: 'a text' };
const OBJECT: PartRule = { isFine: isRecord, rule: 'an object' };
const DATE: PartRule = {
  isFine: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  rule: 'a valid Date',
};
const ID: PartRule = { isFine: isTaskId, rule: 'a task id, such as TaskId()' };
const ATTEMPT: PartRule = {
  isFine: (value) => numberProblem('attempt', value, ATTEMPTS) === undefined,
  rule: `an integer from ${ATTEMPTS.min} to ${ATTEMPTS.max}`,
};

const RULES: Readonly<Record<string, PartRule>> = {
  taskId: ID,
  taskName: TEXT,
  correlationId: TEXT,
  parentId: ID,
  scheduleId: TEXT,
  userId: TEXT,
  metadata: OBJECT,
  attempt: ATTEMPT,
  maxAttempts: ATTEMPT,
  scheduledAt: DATE,
  startedAt: DATE,
  workerId: TEXT,
  logger: OBJECT,
  signal: { isFine: (value) => value instanceof AbortSignal, rule: 'an AbortSignal' },
  resolve: FUNCTION,
  progress: FUNCTION,
  log: FUNCTION,
  schedule: FUNCTION,
  children: OBJECT,
  step: FUNCTION,
  completeWithin: FUNCTION,
} satisfies Record<keyof TaskContext, PartRule>;

/**
 * Checks the parts of a context that a test gives; each may be left out.
 *
 * @throws TestingError listing what is wrong.
 */
export const checkTestContext = (given: unknown): void => refuseTest(contextProblems(given));

const contextProblems = (given: unknown): readonly string[] => {
  if (!isRecord(given)) return [`expected the context to be an object, got ${showValue(given)}`];
  return [
    ...unknownFieldProblems(given, Object.keys(RULES), 'context.'),
    ...Object.entries(RULES).flatMap(([field, { isFine, rule }]) =>
      given[field] === undefined || isFine(given[field])
        ? []
        : [`expected context.${field} to be ${rule}, got ${showValue(given[field])}`],
    ),
  ];
};
