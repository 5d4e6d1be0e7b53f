import { err, ok, type Result } from 'neverthrow';
import { showValue } from '../domain/numberRule';
import { ScheduleError } from '../domain/ScheduleError';
import { type TaskDefinition } from '../domain/TaskDefinition';

/** Checks the definition that a call names. Modules that import each other in a circle see `undefined` in its place. */
export const checkDefinition = (task: TaskDefinition<unknown> | undefined): Result<void, ScheduleError> => {
  const problems = task?.problems ?? [toNoDefinition(task)];
  if (problems.length === 0) return ok();
  const message = `the task ${task?.queueName} is refused: ${problems.join('; ')}`;
  return err(new ScheduleError(message, { code: 'invalid-task' }));
};

const toNoDefinition = (task: unknown): string =>
  task === undefined
    ? 'expected what defineTask returns, got undefined; do the modules import each other in a circle?'
    : `expected what defineTask returns, got ${showValue(task)}`;
