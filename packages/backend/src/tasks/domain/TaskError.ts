/** Every code of a `TaskError`. */
export const TASK_ERROR_CODES = [
  'task-failed',
  'fatal',
  'retry-later',
  'timeout',
  'invalid-payload',
  'invalid-output',
  'expired',
  'crashed',
  'crash-loop',
  'process-died',
  'memory-limit',
  'shutdown',
  'lost-lock',
  'cancelled',
] as const;

/**
 * What kind of failure a `TaskError` is.
 *
 * - `task-failed`: the handler said so or threw; tried again while attempts remain.
 * - `fatal`: trying again cannot help (`TaskError.fatal`, or `retryOn` said no).
 * - `retry-later`: not a failure; the task asks to run later (`TaskError.retryLater`).
 * - `timeout`: the handler outlived `timeoutMs`.
 * - `invalid-payload`, `invalid-output`: data that does not pass its schema or cannot be stored.
 * - `expired`: the task had not started when its `expiresInMs` was over.
 * - `crashed`: the worker process died, or lost the task's lock, during an attempt.
 * - `crash-loop`: that happened too often for this task.
 * - `process-died`: the process of an isolated attempt ended before the handler did.
 * - `memory-limit`: it had more memory than `isolate.maxMemoryMb`, and was killed.
 * - `shutdown`: the worker is stopping and gives the task back.
 * - `lost-lock`: the lock of the attempt lapsed, and the task was put back meanwhile.
 * - `cancelled`: somebody asked the task to stop while it ran.
 */
export type TaskErrorCode = (typeof TASK_ERROR_CODES)[number];

interface TaskErrorOptions {
  readonly cause?: unknown;
  readonly original?: Error;
  readonly code?: TaskErrorCode;
  readonly snoozeMs?: number;
  readonly isWorthRetrying?: boolean;
}

/** A failed attempt, as a handler returns it: `err(new TaskError('SMTP refused the connection'))`. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  /** What kind of failure this is. Default: `'task-failed'`. */
  readonly code: TaskErrorCode;
  /** Facts for whoever reads the dead letter; kept as JSON. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Only with code `retry-later`: milliseconds until the task wants to run again. */
  readonly snoozeMs: number | undefined;

  /** The foreign error that this one stands for, when a handler threw or returned one. */
  readonly original: Error | undefined;

  /**
   * What `retryOn` said where the error was made, when that was in another process: of a foreign error only a copy comes
   * from there, which has lost its class.
   */
  readonly isWorthRetrying: boolean | undefined;

  constructor(
    message: string,
    metadata: Readonly<Record<string, unknown>> = {},
    options: TaskErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? 'task-failed';
    this.metadata = metadata;
    this.snoozeMs = options.snoozeMs;
    this.original = options.original;
    this.isWorthRetrying = options.isWorthRetrying;
  }

  /** A failure that no further attempt can mend: the task becomes a dead letter at once. */
  static fatal(message: string, metadata?: Readonly<Record<string, unknown>>): TaskError {
    return new TaskError(message, metadata, { code: 'fatal' });
  }

  /**
   * Not now: puts the task back without using an attempt.
   *
   * @param delayMs Milliseconds until it may run again; a whole number from 0 to 10 years.
   */
  static retryLater(delayMs: number, reason = 'the task asked to run later'): TaskError {
    return new TaskError(reason, {}, { code: 'retry-later', snoozeMs: delayMs });
  }
}
