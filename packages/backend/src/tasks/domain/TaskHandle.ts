import { type CorrelationId } from '@core/domain/CorrelationId';
import { type Result } from 'neverthrow';
import { type CancelError } from './CancelError';
import { type TaskId } from './TaskId';
import { type TaskRecord } from './TaskRecord';
import { type TaskResultError } from './TaskResultError';
import { type TaskStatus } from './TaskStatus';

/**
 * What a scheduling call did.
 *
 * - `created`: a new task.
 * - `duplicate`: nothing; a task with an equal idempotency key or unique tag stands for it.
 * - `replaced`: gave the task that waits under an equal debounce key the new payload.
 */
export type Disposition = 'created' | 'duplicate' | 'replaced';

/** How long a call waits for a task. */
export interface TaskWaitOptions {
  /** Milliseconds; a whole number from 0 (look once) to 2^31-1. Default: 30,000. */
  readonly timeoutMs?: number;
}

/** One thing that became of a task while somebody looked on; see `FoundHandle.events`. */
export interface TaskEvent {
  /** Where the task is now; absent only when nothing could be learnt of it. */
  readonly status?: TaskStatus;
  /** What the handler reported last, if that is new. */
  readonly progress?: unknown;
  /** A line that the handler logged. */
  readonly log?: string;
  /** Only on the last event: why there is no value. Absent when the task completed. */
  readonly error?: TaskResultError;
}

/** A task by its id, scheduled by whichever process and whenever: `scheduler.handle(task, id)`. */
export interface FoundHandle<Output = unknown> {
  readonly id: TaskId;
  /** The definition's `queueName`. */
  readonly taskName: string;
  /** Where the task is now. Errors: `removed`, `queue-unavailable`, `tasks-disabled`, `invalid-options`. */
  status(): Promise<Result<TaskStatus, TaskResultError>>;
  /**
   * Waits until the task has ended, in whichever process it runs.
   *
   * @returns What its handler's `ok` carried, as JSON carries it, or a `TaskResultError` whose code says why there is
   *   none. Never throws, and answers when `timeoutMs` is over at the latest (two seconds later where Redis is silent).
   */
  result(options?: TaskWaitOptions): Promise<Result<Output, TaskResultError>>;
  /**
   * What the handler reported last by `ctx.progress`; `undefined` when it reported nothing. Errors: `removed`,
   * `queue-unavailable`, `tasks-disabled`, `invalid-options`.
   */
  progress(): Promise<Result<unknown, TaskResultError>>;
  /**
   * Looks on while the task runs: first its present state, then what changes, last how it ended. Ends by itself, also
   * when `timeoutMs` is over, and never throws: the last event carries the error then. Leaving the loop ends it too.
   */
  events(options?: TaskWaitOptions): AsyncIterable<TaskEvent>;
  /**
   * Cancels the task: one that waits does not run any more, one that runs, in whichever process, is asked to stop and
   * ends as cancelled. Calling again is harmless; the first reason stays.
   *
   * @param reason 1 to 1000 characters, kept with the task.
   * @returns The task: `cancelled`, or `running` with `cancelRequestedAt`; it may still complete, if its handler ends
   *   before it hears of it. Errors: `not-cancellable` when it has ended, `not-found`, `invalid-reason`,
   *   `invalid-options`, `queue-unavailable`, `tasks-disabled`.
   */
  cancel(reason?: string): Promise<Result<TaskRecord, CancelError>>;
}

/** A receipt: the task is on the queue and will run at least once. */
export interface TaskHandle<Output = unknown> extends FoundHandle<Output> {
  /** Of the task that will run: with `duplicate` and `replaced` the one that was there before. */
  readonly id: TaskId;
  /** Of the call; a task that was there before keeps its own, unless the call replaced its payload. */
  readonly correlationId: CorrelationId;
  readonly disposition: Disposition;
}
