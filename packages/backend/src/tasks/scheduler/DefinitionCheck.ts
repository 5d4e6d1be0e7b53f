import { err, ok, type Result } from 'neverthrow';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { ScheduleError } from './ScheduleError';

/** Checks the definition that a call names. Modules that import each other in a circle see `undefined` in its place. */
export const checkDefinition = (task: TaskDefinition<unknown> | undefined): Result<void, ScheduleError> => {
  const problems = task?.problems ?? [
    'expected what defineTask returns; do the modules import each other in a circle?',
  ];
  if (problems.length === 0) return ok();
  const message = `the task ${task?.queueName} is refused: ${problems.join('; ')}`;
  return err(new ScheduleError(message, { code: 'invalid-task' }));
};
