import { type CorrelationId } from '@core/domain/CorrelationId';
import { type UserId } from '@core/domain/user/user';
import { type TaskErrorCode } from './TaskError';
import { type TaskId } from './TaskId';
import { type FailureReason } from './TaskOutcome';
import { type TaskStatus } from './TaskStatus';
import { type StepChange } from './TaskStep';

/** Why a task's last attempt failed, as it is kept with the task. */
export interface StoredTaskError {
  readonly message: string;
  readonly code: TaskErrorCode;
  /** Why the task is failed for good; absent while attempts remain. */
  readonly reason?: FailureReason;
  /** The attempt that failed, 1-based. */
  readonly attempt: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The error of a task that another program failed without a word. */
export const UNTOLD_ERROR: StoredTaskError = Object.freeze({
  message: 'no reason is known',
  code: 'task-failed',
  attempt: 0,
});

/** A finished step of a task, without its result. */
export interface RecordedStep {
  readonly name: string;
  /** When it was called among the steps of its attempt: 0 for the first. */
  readonly place: number;
  readonly endedAt: Date;
}

/** What is known of a task now. */
export interface TaskRecord {
  readonly id: TaskId;
  readonly name: string;
  readonly status: TaskStatus;
  readonly payload: unknown;
  readonly correlationId?: CorrelationId;
  /** The task that scheduled this one, if any. */
  readonly parentId?: TaskId;
  readonly userId?: UserId;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The attempt that runs now, or ran last; 0 when none has begun. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** How often a worker process died, or lost the task's lock, while it ran the task. */
  readonly crashCount: number;
  readonly scheduledAt: Date;
  /** When the task may run, or run again; only with status `scheduled` or `retrying`, while it waits for that moment. */
  readonly dueAt?: Date;
  /** When the task expires unless it has started. */
  readonly expiresAt?: Date;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  /** What the handler reported last by `ctx.progress`; absent when it reported nothing. */
  readonly progress?: unknown;
  /** What `ok` carried; only with status `completed`. */
  readonly value?: unknown;
  /** True when that was `{ status: 'skipped', reason }`; absent otherwise. */
  readonly isSkipped?: true;
  /** The reason of the skip. */
  readonly skipReason?: string;
  readonly error?: StoredTaskError;
  /**
   * When somebody first asked the task to stop while it ran. It is `cancelled` soon; one that has completed or failed
   * nevertheless was asked too late.
   */
  readonly cancelRequestedAt?: Date;
  /** Why the task was cancelled, or asked to stop, if the caller said so. */
  readonly cancelReason?: string;
  /** The failed or cancelled task that this one does again. */
  readonly retriedFrom?: TaskId;
  /** The task that does this one again; only with status `failed` or `cancelled`. */
  readonly retriedAs?: TaskId;
  /** The recurring schedule that this task is a run of. */
  readonly scheduleId?: string;
  /** Its finished steps, in the order of their places; absent without any. */
  readonly steps?: readonly RecordedStep[];
  /** The last time that an attempt called other steps than an earlier one: how they differed first. */
  readonly stepsChange?: StepChange;
}
