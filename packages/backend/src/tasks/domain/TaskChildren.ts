import { err, type Result } from 'neverthrow';
import { ChildError, type ChildErrorCode } from './ChildError';
import { isRecord, numberFieldProblems, unknownFieldProblems } from './fieldProblems';
import { type NumberRule, showValue, TIMER } from './numberRule';
import { type ScheduleOptions } from './ScheduleOptions';
import { type TaskDefinition } from './TaskDefinition';

/** What a scheduling call of a task takes. */
export type TaskInput<Task> = Task extends TaskDefinition<unknown, unknown, infer Input> ? Input : never;

/** What the `ok` of a task carries. */
export type TaskOutput<Task> = Task extends TaskDefinition<unknown, infer Output, unknown> ? Output : never;

/** One call of `ctx.children.run`: a task, its payload, and options as `schedule` takes them. */
export type ChildCall<Task extends TaskDefinition<unknown> = TaskDefinition<unknown>> = readonly [
  task: Task,
  payload: TaskInput<Task>,
  options?: ScheduleOptions,
];

/** The results of a run, in the order of its calls. */
export type ChildResults<Tasks extends readonly TaskDefinition<unknown>[]> = {
  readonly [Index in keyof Tasks]: Result<TaskOutput<Tasks[Index]>, ChildError>;
};

/** How a run waits for its children. */
export interface ChildRunOptions {
  /** Milliseconds; what has not ended by then is cancelled. 1 to 2^31-1. Default: 86,400,000 (a day). */
  readonly timeoutMs?: number;
}

/** The tasks that a handler waits for. */
export interface TaskChildren {
  /**
   * Schedules tasks, waits until all of them have ended and answers their results in order. Meanwhile the handler holds
   * no slot of its worker, and its own `timeoutMs` does not run. They carry its correlation ID and name it as `parentId`.
   *
   * In a later attempt the call with the same task and payload means the same child: one that has completed is not run
   * again. One that failed is, when the attempt that waited for it has failed.
   *
   * @returns Values, or a `ChildError` each. Nothing is scheduled when one call is refused. Rejects only when the attempt
   *   is over: the worker stops, or the task was cancelled.
   */
  run<const Tasks extends readonly TaskDefinition<unknown>[]>(
    calls: readonly [...{ readonly [Index in keyof Tasks]: ChildCall<Tasks[Index]> }],
    options?: ChildRunOptions,
  ): Promise<ChildResults<Tasks>>;
}

/** Builds a call of `ctx.children.run`, for lists: `documents.map((id) => call(indexTask, { id }))`. */
export const call = <Payload, Output, Input>(
  task: TaskDefinition<Payload, Output, Input>,
  payload: NoInfer<Input>,
  options?: ScheduleOptions,
): readonly [task: TaskDefinition<Payload, Output, Input>, payload: Input, options?: ScheduleOptions] =>
  options === undefined ? [task, payload] : [task, payload, options];

/** Most children of one run. */
export const MAX_CHILDREN = 1000;

/** Most ancestors of a child that all wait. */
export const MAX_DEPTH = 32;

/** How long a run waits unless it says otherwise: a day, in milliseconds. */
export const DEFAULT_CHILD_TIMEOUT_MS = 24 * 60 * 60 * 1000;

const NUMBER_RULES = { timeoutMs: TIMER } as const satisfies Record<string, NumberRule>;

/** Lists everything that is wrong with the options of a run. */
export const childRunOptionProblems = (options: unknown): readonly string[] =>
  isRecord(options)
    ? [
        ...unknownFieldProblems(options, Object.keys(NUMBER_RULES)),
        ...numberFieldProblems(options, NUMBER_RULES),
      ]
    : [`expected options to be an object, got ${showValue(options)}`];

/** Who waits for a child: the names of the waiting tasks, the outermost first, its parent last. */
export type Ancestors = readonly string[];

/**
 * Says why a child would never begin; `undefined` when nothing stands against it. Each waiting ancestor counts as running:
 * where its name may run only so often, a descendant of the same name waits for its own ancestor.
 */
export const neverRunsProblem = (
  { queueName, options }: TaskDefinition<unknown>,
  ancestors: Ancestors,
): string | undefined => {
  if (ancestors.length > MAX_DEPTH) {
    return `expected at most ${MAX_DEPTH} waiting ancestors, got ${ancestors.length}`;
  }
  if (options.maxConcurrency === undefined || !ancestors.includes(queueName)) return undefined;
  return `expected a task without maxConcurrency, got ${queueName} (maxConcurrency ${options.maxConcurrency}), which would wait for its own ancestor: ${[...ancestors, queueName].join(' > ')}`;
};

/** The answer of a run that is refused as a whole: an error for each call. */
export const refuseAll = (
  calls: readonly ChildCall[],
  code: ChildErrorCode,
  message: string,
): readonly Result<never, ChildError>[] =>
  calls.map((each) => err(new ChildError(message, { code, taskName: nameOf(each) })));

/** The name that a call means, as far as it can be read. */
export const nameOf = (given: unknown): string => {
  const task: unknown = Array.isArray(given) ? given[0] : undefined;
  const name: unknown = isRecord(task) ? task['queueName'] : undefined;
  return typeof name === 'string' ? name : 'unknown';
};

/** Children where none can run; each call answers `not-in-worker` with this message. */
export const refusedChildren = (message: string): TaskChildren =>
  Object.freeze({
    run: async (calls: readonly unknown[]) =>
      refuseAll(calls as readonly ChildCall[], 'not-in-worker', message) as never, // the types follow from the calls
  });

/** The children of a handler that was called by hand. */
export const noChildren: TaskChildren = refusedChildren(
  'children run in a worker; call the handler with the testing kit, or hand in children of your own',
);
