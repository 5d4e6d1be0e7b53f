import { type SqlExecutor } from '@backend/database/SqlDatabase';
import { type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { type StoredTaskError } from '../domain/TaskRecord';
import { type LedgerEntry } from './LedgerEntry';
import { type LedgerError } from './LedgerError';
import { type CancelledEnding, type Standing } from './Standing';

/** What became of an entry: written, or an earlier task stands for it. */
export type LedgerInsert = { readonly kind: 'created' } | { readonly kind: 'duplicate'; readonly id: TaskId };

/** An attempt that runs. */
export interface RunningAttempt {
  readonly id: TaskId;
  /** 1-based. */
  readonly attempt: number;
  readonly workerId: string;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** An attempt whose worker died, or lost the task. */
export interface CrashedAttempt extends Pick<RunningAttempt, 'id' | 'attempt'> {
  /** How often that has happened to the task, this time included. */
  readonly crashCount: number;
  /** When that was noticed; milliseconds since 1970. */
  readonly foundAtMs: number;
}

/** What becomes of a task after an attempt. */
export type AttemptOutcome =
  | { readonly kind: 'completed'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: StoredTaskError }
  | { readonly kind: 'cancelled'; readonly reason?: string | undefined }
  /** Tried again at `dueAtMs`, milliseconds since 1970. */
  | { readonly kind: 'retry'; readonly error: StoredTaskError; readonly dueAtMs: number }
  /** Put off by the handler; the attempt is not counted. */
  | { readonly kind: 'snoozed'; readonly dueAtMs: number }
  /** Given back to the queue; the attempt is not counted. */
  | { readonly kind: 'released' };

/** An attempt that has ended. */
export interface EndedAttempt extends RunningAttempt {
  /** Whether its handler began; only then it is kept among the attempts of its task. */
  readonly hasBegun: boolean;
  /** Milliseconds since 1970. */
  readonly endedAtMs: number;
  readonly outcome: AttemptOutcome;
}

/** An attempt whose handler completes its task in a transaction of its own. */
export interface CompletedAttempt extends RunningAttempt {
  /** Milliseconds since 1970. */
  readonly endedAtMs: number;
  /** The result of the task. */
  readonly value: unknown;
}

/**
 * What completing a task in a transaction came to: `completed`; or why it was not: this very attempt has done it before, the task
 * has ended in another one, or it is unknown.
 */
export type CompletionAnswer = 'completed' | 'completed-before' | 'ended' | 'absent';

/** How a task is cancelled. */
export interface EntryCancellation {
  readonly reason?: string | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Whether its queue says that it does not run, whatever the ledger knows. Default: false. */
  readonly isIdle?: boolean;
}

/** What writing the end of an attempt came to: `recorded`, or how the task stands instead, which is then left as it is. */
export type EndAnswer = RecordedEnd | Exclude<Standing, { readonly kind: 'open' }>;

/** An end that is written. */
export interface RecordedEnd {
  readonly kind: 'recorded';
  /** How it has ended the task, if not by what the attempt came to: somebody wanted it to stop. */
  readonly cancelled?: CancelledEnding;
}

/**
 * Writes down what happens to tasks. Calls of one moment share a statement. What answers has been written durably. A task that
 * has ended is never changed again, unless it is opened again.
 */
export interface LedgerWriter {
  /** Writes a task down. The same id twice is `created` both times. */
  insert(entry: LedgerEntry): Promise<Result<LedgerInsert, LedgerError>>;
  /** As `insert`, in a transaction of the caller's: it is there when that is committed. */
  insertWithin(transaction: SqlExecutor, entry: LedgerEntry): Promise<Result<LedgerInsert, LedgerError>>;
  /** Where a task stands. */
  standing(id: TaskId): Promise<Result<Standing, LedgerError>>;
  /**
   * Writes that attempts run, or still run.
   *
   * @param nowMs Milliseconds since 1970.
   */
  touch(attempts: readonly RunningAttempt[], nowMs: number): Promise<Result<void, LedgerError>>;
  /** Keeps an attempt whose worker died among the attempts of its task, once for each crash; one that is kept as failed stays so. */
  noteCrash(attempt: CrashedAttempt): Promise<Result<void, LedgerError>>;
  /**
   * Opens a failed task again that somebody has put back on its queue; another one is left as it is.
   *
   * @param nowMs Milliseconds since 1970.
   */
  reopen(id: TaskId, nowMs: number): Promise<Result<void, LedgerError>>;
  /** Writes what became of an attempt, and the attempt. */
  end(attempt: EndedAttempt): Promise<Result<EndAnswer, LedgerError>>;
  /**
   * As `end`, of a task that is `absent`: writes it down too, both or neither. One that is there by now is left as it is but for
   * its end.
   */
  endUnknown(entry: LedgerEntry, attempt: EndedAttempt): Promise<Result<EndAnswer, LedgerError>>;
  /**
   * Writes that a task is completed, and its attempt, in a transaction of the caller's. When it answers another word than
   * `completed`, nothing was written, and the transaction must be rolled back.
   */
  completeWithin(
    transaction: SqlExecutor,
    attempt: CompletedAttempt,
  ): Promise<Result<CompletionAnswer, LedgerError>>;
  /**
   * Writes that a task of its own queue prefix is cancelled which does not run. False when it runs as far as the ledger
   * knows, has ended or is unknown.
   */
  cancel(id: TaskId, cancellation: EntryCancellation): Promise<Result<boolean, LedgerError>>;
  /**
   * Notes that a task of its own queue prefix is to stop which runs, as far as the ledger knows, and which its queue has lost. An
   * attempt that completes still completes it; one that ends otherwise, or is lost, ends it as cancelled. False when it does not
   * run, or when that was noted before.
   */
  requestCancel(
    id: TaskId,
    request: Pick<EntryCancellation, 'reason' | 'nowMs'>,
  ): Promise<Result<boolean, LedgerError>>;
}
