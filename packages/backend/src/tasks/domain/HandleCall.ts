import { err, ok, type Result } from 'neverthrow';
import { isRecord, numberFieldProblems, unknownFieldProblems } from './fieldProblems';
import { MAX_TIMER_MS, type NumberRule, showValue } from './numberRule';
import { type TaskDefinition } from './TaskDefinition';
import { type TaskWaitOptions } from './TaskHandle';
import { isTaskId } from './TaskId';
import { TaskResultError } from './TaskResultError';

/** How long a call waits for a task unless it says otherwise; milliseconds. */
export const DEFAULT_WAIT_MS = 30_000;

const WAIT_RULES: Readonly<Record<string, NumberRule>> = { timeoutMs: { min: 0, max: MAX_TIMER_MS } };

/** Lists everything that is wrong with the options of `result` and `events`. */
export const waitOptionProblems = (options: unknown): readonly string[] =>
  isRecord(options)
    ? [...unknownFieldProblems(options, Object.keys(WAIT_RULES)), ...numberFieldProblems(options, WAIT_RULES)]
    : [`expected options to be an object, got ${showValue(options)}`];

/** Lists everything that is wrong with the task and the id of `scheduler.handle`. */
export const handleProblems = (task: TaskDefinition<unknown> | undefined, id: unknown): readonly string[] => [
  ...(task?.problems ?? [`expected task to be a definition, got ${showValue(task)}`]),
  ...(isTaskId(id) ? [] : [`expected id to be a task id, got ${showValue(id)}`]),
];

/** The error for a call that is wrong. */
export const toInvalidCall = (taskName: unknown, problems: readonly string[]): TaskResultError =>
  new TaskResultError(`the call about a task of ${showValue(taskName)} is refused: ${problems.join('; ')}`, {
    code: 'invalid-options',
  });

/** How a task is waited for, once its caller's options are checked; `timeoutMs` in milliseconds. */
export const checkWait = (
  taskName: string,
  options: TaskWaitOptions,
): Result<Required<TaskWaitOptions>, TaskResultError> => {
  const problems = waitOptionProblems(options);
  return problems.length > 0
    ? err(toInvalidCall(taskName, problems))
    : ok({ timeoutMs: options.timeoutMs ?? DEFAULT_WAIT_MS });
};
