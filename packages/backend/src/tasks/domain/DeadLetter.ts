import { type TaskId } from './TaskId';
import { type StoredTaskError, type TaskRecord } from './TaskRecord';

/** One failed attempt of a dead letter. */
export interface LetterFailure extends StoredTaskError {
  /** What the error had; cut after 8,000 characters. Empty when another program failed the task without one. */
  readonly stack: string;
}

/** The facts that a dead letter shares with every task. */
type TaskFacts = Pick<
  TaskRecord,
  | 'id'
  | 'name'
  | 'payload'
  | 'correlationId'
  | 'userId'
  | 'metadata'
  | 'maxAttempts'
  | 'crashCount'
  | 'scheduledAt'
  | 'expiresAt'
  | 'retriedFrom'
  | 'scheduleId'
>;

/** A task that failed for good: no attempt is left, a human decides. */
export interface DeadLetter extends TaskFacts {
  /** Attempts that were used, crashes included. */
  readonly attempts: number;
  readonly failedAt: Date;
  /** Why it failed for good: the failure of the last attempt, with its `reason`. */
  readonly error: LetterFailure;
  /** The failures that are kept, at most the newest ten, oldest first; the last one is `error`. */
  readonly failures: readonly LetterFailure[];
  /** The task that does this one again. */
  readonly retriedAs?: TaskId;
  readonly retriedAt?: Date;
}
