import { err, ok, type Result } from 'neverthrow';
import { suggestion } from '../domain/nearestName';
import { ScheduleError } from '../domain/ScheduleError';
import { type ScheduleOptions } from '../domain/ScheduleOptions';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type AcceptedCall } from '../scheduler/CallCheck';

/** A call of a task as JSON, for another process: the definition is found there, by its name. */
export interface CallCopy {
  readonly taskName: string;
  readonly payload: unknown;
  /** With `at` as a text. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A call that may be carried out where the definition is. */
export interface RevivedCall {
  readonly task: TaskDefinition<unknown>;
  readonly payload: unknown;
  readonly options: ScheduleOptions;
}

/** Copies a call. It was checked: what JSON does not carry is refused already. */
export const toCallCopy = ({ task, payload, options }: AcceptedCall): CallCopy => ({
  taskName: task.queueName,
  payload,
  options: { ...options },
});

/** Finds a definition by its name, or answers what `schedule` answers for a definition that is wrong. */
export const findDefinition = (
  tasks: readonly TaskDefinition<unknown>[],
  taskName: string,
): Result<TaskDefinition<unknown>, ScheduleError> => {
  const task = tasks.find(({ queueName }) => queueName === taskName);
  if (task !== undefined) return ok(task);
  const names = tasks.map(({ queueName }) => queueName);
  const message = `the task ${taskName} is refused: expected a task of the worker's registry, because an isolated handler schedules by name.${suggestion(taskName, names)}`;
  return err(new ScheduleError(message, { code: 'invalid-task' }));
};

/** Makes a call again in the worker. */
export const fromCallCopy = (
  { taskName, payload, options }: CallCopy,
  tasks: readonly TaskDefinition<unknown>[],
): Result<RevivedCall, ScheduleError> =>
  findDefinition(tasks, taskName).map((task) => {
    const { at, ...others } = options;
    const revived = at === undefined ? others : { ...others, at: new Date(String(at)) };
    return { task, payload, options: revived as ScheduleOptions }; // checked again by who schedules
  });
