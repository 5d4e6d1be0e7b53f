import { type ILogger } from '@backend/logger/Logger';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type UserId } from '@core/domain/user/user';
import { TaskId } from './TaskId';
import { toLogLine, toProgressJson } from './TaskReport';

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
  /** Aborted when the attempt outlives `timeoutMs` or the worker stops; hand it to `fetch` and the like. */
  readonly signal: AbortSignal;
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
  'progress',
  'log',
] as const satisfies readonly (keyof TaskContext)[];

/** A worker's context has every part, and is passed on as it is: reading its signal would create one. */
const isComplete = (given: Partial<TaskContext>): given is TaskContext =>
  REQUIRED_PARTS.every((part) => part in given);

/**
 * Fills in what a direct call of a handler leaves out, such as a unit test that names only four fields:
 * fresh ids, attempt 1 of 1, a silent logger, a signal that never aborts. Progress is checked and goes nowhere, log lines go
 * to the logger.
 */
export const toTaskContext = (taskName: string, given: Partial<TaskContext> = {}): TaskContext =>
  isComplete(given) && given.taskName === taskName
    ? given
    : {
        ...given,
        taskName,
        taskId: given.taskId ?? TaskId(),
        correlationId: given.correlationId ?? CorrelationId(),
        metadata: given.metadata ?? {},
        attempt: given.attempt ?? 1,
        maxAttempts: given.maxAttempts ?? 1,
        scheduledAt: given.scheduledAt ?? new Date(),
        startedAt: given.startedAt ?? new Date(),
        workerId: given.workerId ?? 'direct',
        logger: given.logger ?? silentLogger,
        signal: given.signal ?? new AbortController().signal,
        progress: given.progress ?? (async (value) => void toProgressJson(value)),
        log: given.log ?? (async (message) => given.logger?.info(toLogLine(message))),
      };
