import { err, ok, type Result } from 'neverthrow';
import { suggestion } from '../domain/nearestName';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { TaskError } from '../domain/TaskError';
import { type ResourceDefinition } from '../resources/ResourceDefinition';
import { planResources, type ResourcePlan } from '../resources/ResourcePlan';
import { type TasksCheck } from './IsolatedOrder';

/** What a module of tasks exports, as far as the process of an attempt uses it. */
export interface TasksModule {
  readonly tasks: readonly TaskDefinition<unknown>[];
  /** Shared resources; each process of an attempt starts its own. Whatever the module exports, or `[]`. */
  readonly resources: unknown;
}

/** Imports the module. Rejects when that fails, or when it exports no list of tasks. */
export const loadModule = async (tasksModule: string): Promise<TasksModule> => {
  const loaded: unknown = await import(tasksModule);
  const tasks: unknown = Reflect.get(Object(loaded), 'tasks');
  if (!Array.isArray(tasks)) throw new Error(`expected ${tasksModule} to export a list named tasks`);
  return { tasks, resources: Reflect.get(Object(loaded), 'resources') ?? [] };
};

/** Says what the module has, and what some of its tasks lack. */
export const checkModule = async (tasksModule: string, taskNames: readonly string[]): Promise<TasksCheck> => {
  const { tasks, resources } = await loadModule(tasksModule);
  const isolated = tasks.filter(({ queueName }) => taskNames.includes(queueName));
  return {
    names: tasks.map(({ queueName }) => queueName),
    resourceProblems: planOwn(isolated, resources).problems,
  };
};

/** What the process of an attempt starts: what the task declares, and what that needs. Nothing stands beside the list. */
const planOwn = (tasks: readonly TaskDefinition<unknown>[], resources: unknown): ResourcePlan =>
  planResources({ resources, tasks, isSelective: true, isProvided: () => false });

/** Decides which resources a task's process starts, in which order; a final error when one of them is not there. */
export const planTaskResources = (
  task: TaskDefinition<unknown>,
  { resources }: TasksModule,
): Result<readonly ResourceDefinition[], TaskError> => {
  const { problems, definitions } = planOwn([task], resources);
  return problems.length > 0 ? err(TaskError.fatal(problems.join(' '))) : ok(definitions);
};

/** Finds a task by its name. Throws when the module does not list it. */
export const findTask = (
  { tasks }: TasksModule,
  taskName: string,
  tasksModule: string,
): TaskDefinition<unknown> => {
  const task = tasks.find(({ queueName }) => queueName === taskName);
  if (task !== undefined) return task;
  const names = tasks.map(({ queueName }) => queueName);
  throw new Error(`expected tasks of ${tasksModule} to list ${taskName}.${suggestion(taskName, names)}`);
};
