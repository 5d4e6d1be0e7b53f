import { hostname } from 'node:os';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { configProblem } from '@backend/config/configProblem';
import { loggerProblem } from '@backend/logger/loggerProblem';
import { type DependencyContainer, type InjectionToken } from 'tsyringe';
import { v4 } from 'uuid';
import { isRecord, unknownFieldProblems } from '../domain/fieldProblems';
import { suggestion } from '../domain/nearestName';
import { MAX_TIMER_MS, numberProblem, showValue } from '../domain/numberRule';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { type ResourceDefinition } from '../resources/ResourceDefinition';
import { planResources } from '../resources/ResourcePlan';
import { type TaskWorkerOptions } from './TaskWorkerOptions';

/** The options of a worker are wrong; the message names every problem. Thrown by `createTaskWorker`. */
export class WorkerOptionsError extends Error {
  override readonly name = 'WorkerOptionsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `the worker's options have ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** A worker's options, checked and completed. */
export interface WorkerPlan {
  /** What this worker takes. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  /** Every definition, whether this worker takes it or not. */
  readonly registeredTasks: readonly TaskDefinition<unknown>[];
  /** Their names. */
  readonly registeredNames: readonly string[];
  /** Shared resources, in the order of their start: all, or with `taskNames` what these tasks need. */
  readonly resources: readonly ResourceDefinition[];
  readonly id: string;
  /** Tasks at the same time, of all names. */
  readonly concurrency: number;
  /** Milliseconds of waiting that count as one step of priority; 0: none. */
  readonly priorityAgingMs: number;
  readonly drainTimeoutMs: number;
  /** Names of those that it takes and whose attempts have processes of their own. */
  readonly isolatedNames: readonly string[];
  /** URL of the module that lists the tasks; there when a task is isolated. */
  readonly tasksModule: string | undefined;
}

/** Redis refuses other characters in the name of a connection, and boards and `/readyz` know workers by that name. */
const WORKER_ID = /^[A-Za-z0-9._:-]{1,128}$/;

const idProblems = (id: unknown): string[] =>
  typeof id === 'string' && WORKER_ID.test(id)
    ? []
    : [`expected id to be 1 to 128 characters of A-Z a-z 0-9 . _ : -, got ${showValue(id)}`];

const taskNameProblems = (taskNames: readonly string[], known: readonly string[]): string[] => {
  if (taskNames.length === 0 && known.length > 0) return ['expected taskNames to name a task, got []'];
  return taskNames
    .filter((name) => !known.includes(name))
    .map((name) => `no task is named ${JSON.stringify(name)}.${suggestion(name, known)}`);
};

const isContainer = (container: unknown): container is DependencyContainer =>
  isRecord(container) && typeof container['createChildContainer'] === 'function';

const containerProblems = (container: unknown): string[] =>
  container === undefined || isContainer(container)
    ? []
    : [`expected container to be a tsyringe container, got ${showValue(container)}`];

const OPTION_NAMES: readonly string[] = [
  'tasks',
  'logger',
  'appConfig',
  'id',
  'concurrency',
  'priorityAgingMs',
  'taskNames',
  'drainTimeoutMs',
  'resources',
  'container',
  'tasksModule',
] satisfies (keyof TaskWorkerOptions)[];

/** `undefined` for what is neither a URL of a module nor an absolute path. */
const toModuleUrl = (tasksModule: unknown): string | undefined => {
  const text = tasksModule instanceof URL ? tasksModule.href : tasksModule;
  if (typeof text !== 'string') return undefined;
  if (isAbsolute(text)) return pathToFileURL(text).href;
  return text.startsWith('file://') && URL.canParse(text) ? text : undefined;
};

const tasksModuleProblems = (tasksModule: unknown, isolatedNames: readonly string[]): string[] => {
  if (tasksModule === undefined) {
    return isolatedNames.map(
      (name) =>
        `expected tasksModule, because ${name} is isolated: its process finds the definition there; got nothing`,
    );
  }
  return toModuleUrl(tasksModule) === undefined
    ? [`expected tasksModule to be a file URL or an absolute path, got ${showValue(tasksModule)}`]
    : [];
};

/** What only the container has does not reach the process of an attempt: it would fail there, once it runs. */
const isolatedResourceProblems = (
  tasks: readonly TaskDefinition<unknown>[],
  resources: unknown = [],
  known: readonly string[],
): string[] => {
  const { problems } = planResources({ resources, tasks, isSelective: true, isProvided: () => false });
  return problems
    .filter((problem) => !known.includes(problem))
    .map((problem) => `in the process of an isolated task, which has no container, ${problem}`);
};

/** The host's name may hold what a worker's id may not. */
const defaultId = (): string =>
  `${hostname()
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 64)}-${process.pid}-${v4().slice(0, 8)}`;

/** What the rest of the plan is worked out from. */
const sourceProblems = (options: unknown): string[] =>
  isRecord(options)
    ? [
        loggerProblem(options['logger']) ?? [],
        configProblem(options['appConfig'], 'that of parseAppConfig(process.env)') ?? [],
      ].flat()
    : [`expected options to be an object, got ${showValue(options)}`];

/**
 * Checks and completes the options of a worker.
 *
 * @throws TaskRegistryError when the list of tasks is wrong; WorkerOptionsError when another option is.
 */
export const planWorker = (options: TaskWorkerOptions): WorkerPlan => {
  const unusable = sourceProblems(options);
  if (unusable.length > 0) throw new WorkerOptionsError(unusable);
  const { appConfig, id = defaultId(), taskNames, container } = options;
  const {
    concurrency = appConfig.workerConcurrency,
    drainTimeoutMs = appConfig.workerDrainTimeoutMs,
    priorityAgingMs = appConfig.workerPriorityAgingMs,
  } = options;
  const { tasks } = createTaskRegistry(options.tasks);
  const known = tasks.map(({ queueName }) => queueName);
  const taken = tasks.filter(({ queueName }) => taskNames?.includes(queueName) ?? true);
  const resources = planResources({
    resources: options.resources ?? [],
    tasks: taken,
    isSelective: taskNames !== undefined,
    isProvided: (token) => isContainer(container) && container.isRegistered(token as InjectionToken, true), // each is one
  });
  const isolated = taken.filter(({ options: { isolate } }) => isolate !== undefined);
  const isolatedNames = isolated.map(({ queueName }) => queueName);
  const problems = [
    ...unknownFieldProblems({ ...options }, OPTION_NAMES),
    ...idProblems(id),
    numberProblem('concurrency', concurrency, { min: 1, max: 10_000 }) ?? [],
    numberProblem('drainTimeoutMs', drainTimeoutMs, { min: 0, max: MAX_TIMER_MS }) ?? [],
    numberProblem('priorityAgingMs', priorityAgingMs, { min: 0, max: MAX_TIMER_MS }) ?? [],
    ...taskNameProblems(taskNames ?? known, known),
    ...resources.problems,
    ...isolatedResourceProblems(isolated, options.resources, resources.problems),
    ...containerProblems(container),
    ...tasksModuleProblems(options.tasksModule, isolatedNames),
  ].flat();
  if (problems.length > 0) throw new WorkerOptionsError(problems);
  return {
    tasks: taken,
    registeredTasks: tasks,
    registeredNames: known,
    resources: resources.definitions,
    id,
    concurrency,
    priorityAgingMs,
    drainTimeoutMs,
    isolatedNames,
    tasksModule: toModuleUrl(options.tasksModule),
  };
};
