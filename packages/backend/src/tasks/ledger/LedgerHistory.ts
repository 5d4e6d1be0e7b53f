import { type CorrelationId } from '@core/domain/CorrelationId';
import { type UserId } from '@core/domain/user/user';
import { type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { type StoredTaskError, type TaskRecord } from '../domain/TaskRecord';
import { type TaskStatus } from '../domain/TaskStatus';
import { type LedgerError } from './LedgerError';
import { type UnpublishedTask, type UnreadableTask } from './LedgerOutbox';
import { type AttemptOutcome } from './LedgerWriter';

/** One attempt of a task, as it is kept. */
export interface TaskAttempt {
  /** 1-based. */
  readonly number: number;
  /** Absent, with the start, when the worker died before it was written down. */
  readonly workerId?: string;
  readonly startedAt?: Date;
  readonly endedAt: Date;
  /**
   * What became of the task; `crashed`: its worker died, or lost the task; `discarded`: the task had ended already, in another
   * attempt, and what this one came to counts for nothing.
   */
  readonly outcome: AttemptOutcome['kind'] | 'crashed' | 'discarded';
  readonly error?: StoredTaskError;
}

/** Which tasks are listed; all that is given must hold. */
export interface HistoryQuery {
  readonly statuses?: readonly TaskStatus[];
  readonly taskName?: string;
  readonly userId?: UserId;
  readonly correlationId?: CorrelationId;
  readonly parentId?: TaskId;
  readonly scheduleId?: string;
  /** Made at this moment or later, as their ids say. */
  readonly createdAfter?: Date;
  /** Made before this moment. */
  readonly createdBefore?: Date;
  /**
   * A part of the payload, which is JSON, or of the message of the last error. Capital and small letters are equal; on SQLite
   * only those of ASCII.
   */
  readonly text?: string;
  /** At most so many. */
  readonly limit: number;
  /** Those with a smaller id: older ones. */
  readonly beforeId?: string;
  /** Default: `newest-first`. */
  readonly order?: 'newest-first' | 'oldest-first';
}

/** A task of a trace, with what its record does not say. */
export interface TraceEntry {
  readonly task: TaskRecord;
  /** When it was to run first; absent for one that could run at once. */
  readonly firstDueAt?: Date;
  /** In their order. */
  readonly attempts: readonly TaskAttempt[];
}

/** All that the ledger knows of a task but its attempts. */
export interface KeptTask {
  readonly record: TaskRecord;
  /** As it was put on its queue, whatever became of it since; or why no job can be made of its row. */
  readonly entry: Result<UnpublishedTask, UnreadableTask>;
}

/** What is deleted. */
export interface SweepRule {
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** Tasks that ended before; milliseconds since 1970. */
  readonly endedBeforeMs: number;
  /** Those whose idempotency key holds at this moment stay; milliseconds since 1970. */
  readonly nowMs: number;
  /** At most so many. */
  readonly limit: number;
}

/** Reads what was written down, and forgets what is too old. */
export interface LedgerHistory {
  /** `undefined` for a task that the ledger does not know. */
  find(id: TaskId): Promise<Result<TaskRecord | undefined, LedgerError>>;
  /** A task with what its job is made of; `undefined` for one that the ledger does not know. */
  findKept(id: TaskId): Promise<Result<KeptTask | undefined, LedgerError>>;
  /** In the order of their ids, which is that of their making. */
  list(query: HistoryQuery): Promise<Result<readonly TaskRecord[], LedgerError>>;
  /**
   * The tasks of one correlation ID, the oldest first.
   *
   * @param limit At most so many.
   */
  trace(correlationId: CorrelationId, limit: number): Promise<Result<readonly TraceEntry[], LedgerError>>;
  /** The attempts of a task, in their order; none of one that the ledger does not know. */
  listAttempts(id: TaskId): Promise<Result<readonly TaskAttempt[], LedgerError>>;
  /** Deletes tasks and their attempts; answers how many tasks. */
  sweep(rule: SweepRule): Promise<Result<number, LedgerError>>;
}
