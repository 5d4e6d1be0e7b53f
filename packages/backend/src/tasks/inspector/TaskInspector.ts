import { type AppConfig } from '@backend/config/AppConfig';
import { guardedLogger } from '@backend/logger/guardedLogger';
import { type ILogger } from '@backend/logger/Logger';
import { type CorrelationId } from '@core/domain/CorrelationId';
import { type Result } from 'neverthrow';
import { type TaskCounts } from '../domain/TaskCounts';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { type TaskAttempt } from '../ledger/LedgerHistory';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { createQueueAccess } from '../queue/QueueAccess';
import { cancelFoundTask } from './cancelFoundTask';
import { explainTask } from './explainTask';
import { type InspectorError } from './InspectorError';
import { type InspectorParts } from './InspectorParts';
import { listTasks, type TaskPage } from './listTasks';
import { readAttempts } from './readAttempts';
import { readLogs } from './readLogs';
import { readQueueDepth } from './readQueueDepth';
import { readTask } from './readTask';
import { readTaskStats } from './readTaskStats';
import { retryEndedTask, type TaskRetryOptions } from './retryEndedTask';
import { type StatsQuery } from './StatsQuery';
import { type TaskExplanation } from './TaskExplanation';
import { type TaskQuery } from './TaskQuery';
import { type TaskStats } from './TaskStats';
import { type TaskTrace } from './TaskTrace';
import { traceTasks } from './traceTasks';

/**
 * Reads what is waiting, running and finished, and what is kept of it; only `cancel` and `retry` change anything. Whatever can end
 * with `ledger-unavailable` can with `ledger-refused` and `ledger-schema`, too.
 */
export interface TaskInspector {
  /**
   * Finds a task: in the queues of the registered definitions, as it is now, or else in the ledger, which knows it also when
   * Redis has forgotten it or does not answer. Errors: `invalid-query`, `not-found`, `queue-unavailable`,
   * `ledger-unavailable`.
   */
  getTask(id: TaskId): Promise<Result<TaskRecord, InspectorError>>;
  /**
   * The lines that a task's handlers kept by `ctx.log`, oldest first: the newest 100. Errors: `invalid-query`,
   * `not-found`, `queue-unavailable`.
   */
  getLogs(id: TaskId): Promise<Result<readonly string[], InspectorError>>;
  /**
   * Lists the tasks that a query asks for, newest first, page by page. With a ledger from there: all that it keeps, of
   * whichever name. Without, from the queues of the registered definitions: the ids of every task whose status may fit are
   * read, which is no search in an archive. Errors: `invalid-query`, `queue-unavailable`, `ledger-unavailable`, and
   * `ledger-disabled` for a `text` without a ledger.
   */
  getTasks(query?: TaskQuery): Promise<Result<TaskPage, InspectorError>>;
  /**
   * What the ledger keeps of a task's attempts, in their order; one that runs is not among them. Errors: `invalid-query`,
   * `not-found`, `ledger-disabled`, `ledger-unavailable`.
   */
  getAttempts(id: TaskId): Promise<Result<readonly TaskAttempt[], InspectorError>>;
  /**
   * What came of a correlation ID: its tasks as trees, each with its wait, its run and its attempts. The ledger's 1000 oldest
   * ones; `renderTrace` writes them as text. Errors: `invalid-query`, `ledger-disabled`, `ledger-unavailable`.
   */
  trace(correlationId: CorrelationId): Promise<Result<TaskTrace, InspectorError>>;
  /** Counts the tasks of one definition, or of all. Errors: `invalid-query`, `unknown-task`, `queue-unavailable`. */
  getQueueDepth(taskName?: string): Promise<Result<TaskCounts, InspectorError>>;
  /** Counts, waits, runs and rates of each definition's tasks. Errors: `invalid-query`, `queue-unavailable`. */
  getStats(query?: StatsQuery): Promise<Result<readonly TaskStats[], InspectorError>>;
  /**
   * Cancels a task. One that is pending, scheduled or retrying does not run any more. One that runs, in whichever process,
   * is asked to stop: its signal is aborted, it has `TASK_TIMEOUT_GRACE_MS` to end, and it is cancelled whatever it still
   * returns. Cancelling again is harmless; the first reason stays.
   *
   * @param reason 1 to 1000 characters, kept with the task.
   * @returns The task: `cancelled`, or `running` with `cancelRequestedAt`; it may still complete, if its handler ends
   *   before it hears of it. Errors: `not-cancellable` when it has ended, `invalid-query`, `invalid-reason`, `not-found`,
   *   `tasks-disabled`; after `queue-unavailable` and `ledger-unavailable` it may be cancelled.
   */
  cancel(id: TaskId, reason?: string): Promise<Result<TaskRecord, InspectorError>>;
  /**
   * Does a failed or cancelled task again, as a new task that names the old one in `retriedFrom`: same payload, correlation
   * ID, user and priority, all attempts. Of many calls one makes a task; `force` makes one more. Also of a task that the ledger
   * alone still knows.
   *
   * @returns The id of the new task. Errors: `invalid-query`, `not-found`, `not-retriable`, `already-retried`, and
   *   `queue-unavailable` and `ledger-unavailable`, after which the next call goes on with what was begun.
   */
  retry(id: TaskId, options?: TaskRetryOptions): Promise<Result<TaskId, InspectorError>>;
  /**
   * Says why a task does not run, or what became of it. While Redis does not answer the ledger tells of those that have ended.
   * Errors: `invalid-query`, `not-found`, `queue-unavailable`, `ledger-unavailable`.
   */
  why(id: TaskId): Promise<Result<TaskExplanation, InspectorError>>;
}

/** What an inspector is made of. */
export interface TaskInspectorOptions {
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/**
 * Creates an inspector on the connection and the ledger that the schedulers of the process share.
 *
 * @throws TaskRegistryError when the list of tasks is wrong.
 */
export const createTaskInspector = (options: TaskInspectorOptions): TaskInspector => {
  const { logger, appConfig } = options;
  const parts: InspectorParts = {
    registry: createTaskRegistry(options.tasks),
    access: createQueueAccess(options),
    logger: guardedLogger(logger),
    appConfig,
    // Asked each time: one that was closed is opened anew.
    get ledger() {
      return sharedTaskLedger(appConfig);
    },
  };
  return {
    getTask: (id) => readTask(parts, id),
    getLogs: (id) => readLogs(parts, id),
    getTasks: (query = {}) => listTasks(parts, query),
    getAttempts: (id) => readAttempts(parts, id),
    trace: (correlationId) => traceTasks(parts, correlationId),
    getQueueDepth: (taskName) => readQueueDepth(parts, taskName),
    getStats: (query = {}) => readTaskStats(parts, query),
    cancel: (id, reason) => cancelFoundTask(parts, { id, reason }),
    retry: (id, given = {}) => retryEndedTask(parts, { id, options: given }),
    why: (id) => explainTask(parts, id),
  };
};
