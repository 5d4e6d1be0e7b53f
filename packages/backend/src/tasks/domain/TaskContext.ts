import { type ILogger } from '@backend/logger/Logger';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type UserId } from '@core/domain/user/user';
import { err, type Result } from 'neverthrow';
import { type CallerTransaction } from './CallerTransaction';
import { emptyStepStore } from './emptyStepStore';
import { type ResolveResource, type ResourceToken, showToken } from './ResourceToken';
import { ScheduleError } from './ScheduleError';
import { type ScheduleOptions } from './ScheduleOptions';
import { noChildren, type TaskChildren } from './TaskChildren';
import { type TaskDefinition } from './TaskDefinition';
import { TaskError } from './TaskError';
import { type TaskHandle } from './TaskHandle';
import { TaskId } from './TaskId';
import { toLogLine, toProgressJson } from './TaskReport';
import { type StepWork, toStepKey } from './TaskStep';
import { createTaskSteps } from './TaskSteps';

/** What a handler knows about the attempt it runs in. */
export interface TaskContext {
  readonly taskId: TaskId;
  /** The definition's `queueName`. */
  readonly taskName: string;
  /** The id of the request that caused this task; on every log line of the attempt. */
  readonly correlationId: CorrelationId;
  /** The task that scheduled this one, if any. */
  readonly parentId?: TaskId;
  /** The recurring schedule that this task is a run of, if it is. */
  readonly scheduleId?: string;
  /** The user the task was scheduled for, if any. */
  readonly userId?: UserId;
  /** What the scheduling call put beside the payload; `{}` if nothing. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** 1-based; a crash of a worker counts as an attempt. */
  readonly attempt: number;
  /** All attempts the task may use, the first included. */
  readonly maxAttempts: number;
  /** When the task was scheduled (not when it was due). */
  readonly scheduledAt: Date;
  /** When this attempt began. */
  readonly startedAt: Date;
  /** The worker that runs the attempt; `'direct'` when a handler is called by hand. */
  readonly workerId: string;
  /** Carries task id, name, attempt and correlation ID on every line. */
  readonly logger: ILogger;
  /** Aborted when the attempt outlives `timeoutMs`, the task is cancelled or the worker stops; hand it to `fetch`, say. */
  readonly signal: AbortSignal;
  /**
   * Finds a shared resource of the worker, or what its container has. Throws a `TaskError` that names what is known where
   * there is no such thing; a resource that `options.resources` names is always there.
   */
  resolve<Value>(token: ResourceToken<Value>): Value;
  /**
   * Tells whoever looks on how far the attempt is: handles, inspectors and the board. JSON of at most 16 KiB. May be
   * called as often as is convenient: the newest value is written every 250 ms, the last one before the attempt ends.
   * Resolves at once, and does not mind Redis being away; rejects with a fatal `TaskError` when the value is no JSON.
   */
  progress(value: unknown): Promise<void>;
  /**
   * Keeps a line with the task, and writes it to `logger` at info. The newest 100 lines are kept, each cut at 1000
   * characters. Resolves and rejects as `progress` does.
   */
  log(message: string): Promise<void>;
  /**
   * Schedules another task and does not wait for it: the same correlation ID and user, and this task as its `parentId`.
   * An attempt that is made again schedules again; inside a step it does not. Errors: as `scheduler.schedule`.
   */
  schedule<Payload, Output, Input>(
    task: TaskDefinition<Payload, Output, Input>,
    payload: NoInfer<Input>,
    options?: ScheduleOptions,
  ): Promise<Result<TaskHandle<Output>, ScheduleError>>;
  /** Schedules tasks and waits for their results, without a slot of the worker. */
  readonly children: TaskChildren;
  /**
   * Does a piece of work once for this task and keeps its result, which every later attempt gets instead of doing it again.
   * What it resolves with is a copy as JSON, in the first attempt too. Work that throws, or answers `err`, is not kept: the
   * next call of the step does it again.
   *
   * Rejects with what the work throws; with a fatal `TaskError` when the name is no text of 1 to 200 characters or is used
   * twice in an attempt, when steps are nested or are more than 1,000, or when the result cannot be stored as JSON of
   * `TASK_MAX_RESULT_BYTES`; and with a `TaskError` `crashed` when another worker has the task. Resolves once Redis has the
   * result, however long that takes within the attempt.
   */
  step<T>(name: string, work: StepWork<T>): Promise<T>;
  /**
   * Completes the task in a transaction of the handler's own, on the database of the ledger: what the handler writes there
   * happens exactly once, also when the worker dies right after the commit, since a task that is completed is never run
   * again. To be the last thing in the transaction. The task's result is `value`, whatever the handler returns then.
   *
   * Rejects, so that the transaction is rolled back. With a `TaskError` when the task has ended already, in another attempt or by
   * a cancellation, or the value cannot be its result; with a fatal one when this attempt has completed it before. With a
   * `LedgerError` when the ledger is off (`ledger-disabled`), or the database says no. A handler that is called by hand completes
   * nothing.
   */
  completeWithin(transaction: CallerTransaction, value?: unknown): Promise<void>;
}

const REQUIRED_PARTS = [
  'taskId',
  'taskName',
  'correlationId',
  'metadata',
  'attempt',
  'maxAttempts',
  'scheduledAt',
  'startedAt',
  'workerId',
  'logger',
  'signal',
  'resolve',
  'progress',
  'log',
  'schedule',
  'children',
  'step',
  'completeWithin',
] as const satisfies readonly (keyof TaskContext)[];

/** What a handler that was called by hand is told when it schedules. */
export const notInWorker = (
  message = 'ctx.schedule works in a worker; call the handler with the testing kit, or hand in a schedule of your own',
): ScheduleError => new ScheduleError(message, { code: 'not-in-worker' });

/** A worker's context has every part, and is passed on as it is: reading its signal would create one. */
const isComplete = (given: Partial<TaskContext>): given is TaskContext =>
  REQUIRED_PARTS.every((part) => part in given);

const refuseToResolve =
  (taskName: string): ResolveResource =>
  (token) => {
    throw TaskError.fatal(
      `the handler of ${taskName} asks for the resource ${showToken(token)}, and no worker runs it: hand in resolve, such as resolveFrom([[token, value]]), or use the testing kit`,
    );
  };

/** The largest result of a step in a direct call, in bytes: the default of `TASK_MAX_RESULT_BYTES`. */
const DIRECT_MAX_RESULT_BYTES = 65_536;

/** Steps of a handler that is called by hand: they are checked, done and forgotten. */
const toDirectStep = ({
  taskName,
  taskId,
  logger,
  signal,
}: Pick<TaskContext, 'taskName' | 'taskId' | 'logger' | 'signal'>): TaskContext['step'] =>
  createTaskSteps({
    store: emptyStepStore,
    logger,
    maxResultBytes: DIRECT_MAX_RESULT_BYTES,
    toKey: (name) => toStepKey({ taskName, taskId }, name),
    getSignal: () => signal,
    now: () => new Date(),
  }).step;

/**
 * Fills in what a direct call of a handler leaves out, such as a unit test that names only four fields:
 * fresh ids, attempt 1 of 1, a silent logger, a signal that never aborts, no resources. Progress is checked and goes nowhere,
 * log lines go to the logger, steps are done and forgotten.
 */
export const toTaskContext = (taskName: string, given: Partial<TaskContext> = {}): TaskContext => {
  if (isComplete(given) && given.taskName === taskName) return given;
  const taskId = given.taskId ?? TaskId();
  const logger = given.logger ?? silentLogger;
  const signal = given.signal ?? new AbortController().signal;
  return {
    ...given,
    taskName,
    taskId,
    correlationId: given.correlationId ?? CorrelationId(),
    metadata: given.metadata ?? {},
    attempt: given.attempt ?? 1,
    maxAttempts: given.maxAttempts ?? 1,
    scheduledAt: given.scheduledAt ?? new Date(),
    startedAt: given.startedAt ?? new Date(),
    workerId: given.workerId ?? 'direct',
    logger,
    signal,
    resolve: given.resolve ?? refuseToResolve(taskName),
    progress: given.progress ?? (async (value) => void toProgressJson(value)),
    log: given.log ?? (async (message) => logger.info(toLogLine(message))),
    schedule: given.schedule ?? (async () => err(notInWorker())),
    children: given.children ?? noChildren,
    step: given.step ?? toDirectStep({ taskName, taskId, logger, signal }),
    completeWithin: given.completeWithin ?? (async () => undefined),
  };
};
