import { err, ok, type Result } from 'neverthrow';
import { checkJson } from './JsonFidelity';
import { suggestion } from './nearestName';
import { showValue } from './numberRule';
import { type TaskDefinition } from './TaskDefinition';
import { validatePayload } from './validatePayload';

/** The list of tasks is wrong; the message names every problem. Thrown at start-up. */
export class TaskRegistryError extends Error {
  override readonly name = 'TaskRegistryError';
  /** One sentence each, with the task's name. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `the task registry has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** No task has this name; the message suggests the nearest one. */
export class UnknownTaskError extends Error {
  override readonly name = 'UnknownTaskError';
}

/** All tasks of an application, by name. */
export interface TaskRegistry {
  /** In the order of the list. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  /** Finds a task by its `queueName`. */
  get(name: string): Result<TaskDefinition<unknown>, UnknownTaskError>;
}

const nameOf = (task: unknown, index: number): string => {
  const name: unknown =
    typeof task === 'object' && task !== null ? Reflect.get(task, 'queueName') : undefined;
  return typeof name === 'string' ? `task ${name}` : `entry ${index + 1} of the list`;
};

const definitionProblems = (task: TaskDefinition<unknown>, index: number): string[] => {
  const problems: unknown =
    typeof task === 'object' && task !== null ? Reflect.get(task, 'problems') : undefined;
  if (!Array.isArray(problems)) return [`expected what defineTask returns (${nameOf(task, index)})`];
  const found = problems.length > 0 ? problems : recurringPayloadProblems(task);
  return found.map((problem) => `${problem} (${nameOf(task, index)})`);
};

/** A payload that every run would fail with is a mistake to find at start-up, not at night. */
const recurringPayloadProblems = (task: TaskDefinition<unknown>): string[] => {
  const { recurring } = task.options;
  if (recurring === undefined) return [];
  const { payload = {} } = recurring;
  const checked = validatePayload(task, payload).andThen(() => checkJson(payload, Number.MAX_SAFE_INTEGER));
  return checked.match(
    () => [],
    ({ message }) => [`expected recurring.payload to be a payload of the task: ${message}`],
  );
};

const duplicateProblems = (tasks: readonly TaskDefinition<unknown>[]): string[] => {
  const counts = new Map<unknown, number>();
  for (const task of tasks) counts.set(task?.queueName, (counts.get(task?.queueName) ?? 0) + 1);
  return [...counts]
    .filter(([name, count]) => typeof name === 'string' && count > 1)
    .map(([name, count]) => `expected every queueName once, got ${JSON.stringify(name)} ${count} times`);
};

/**
 * Builds the registry from the plain list of `tasks.config.ts`.
 *
 * @throws TaskRegistryError listing every bad name, bad option and duplicate name at once.
 */
export const createTaskRegistry = (tasks: readonly TaskDefinition<unknown>[]): TaskRegistry => {
  if (!Array.isArray(tasks))
    throw new TaskRegistryError([
      `expected tasks to be a list of what defineTask returns, got ${showValue(tasks)}`,
    ]);
  const problems = [...tasks.flatMap(definitionProblems), ...duplicateProblems(tasks)];
  if (problems.length > 0) throw new TaskRegistryError(problems);
  const byName = new Map(tasks.map((task) => [task.queueName, task]));
  return Object.freeze({
    tasks: Object.freeze([...tasks]),
    get: (name: string): Result<TaskDefinition<unknown>, UnknownTaskError> => {
      const task = byName.get(name);
      if (task !== undefined) return ok(task);
      return err(
        new UnknownTaskError(
          `no task is named ${JSON.stringify(name)}.${suggestion(name, [...byName.keys()])}`,
        ),
      );
    },
  });
};
