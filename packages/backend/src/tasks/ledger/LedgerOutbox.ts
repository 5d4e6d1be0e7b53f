import { type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { type TaskStatus } from '../domain/TaskStatus';
import { type LedgerEntry } from './LedgerEntry';
import { type LedgerError } from './LedgerError';
import { type OldTimes } from './OldTimes';

/** A task that is to be put on its queue. */
export interface UnpublishedTask extends LedgerEntry {
  /** Attempts that have ended; a task that Redis has lost goes on behind them. */
  readonly attemptsMade: number;
  /** Those of them whose worker died, as far as the ledger knows. */
  readonly crashCount: number;
  /** Whether an attempt has begun: then no other task stands for it any more. */
  readonly hasBegun: boolean;
}

/** A row of which no task can be made: another program wrote it, or changed it. */
export interface UnreadableTask {
  readonly id: TaskId;
  readonly taskName: string;
  /** In words. */
  readonly problem: string;
}

/** Tasks that are on no queue. */
export interface UnpublishedTasks {
  readonly tasks: readonly UnpublishedTask[];
  readonly unreadable: readonly UnreadableTask[];
}

/** Which tasks are claimed, the first ones by their ids. */
export interface OutboxClaim extends Pick<IdRange, 'limit' | 'untilId'> {
  /** Those that were made at these times; younger ones are left to the process that schedules them. */
  readonly created: OldTimes;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** How long nobody else claims them; milliseconds. */
  readonly leaseMs: number;
}

/** An unfinished task, as the reconciler and the recovery compare it with its queue. */
export interface UnfinishedTask {
  readonly id: TaskId;
  readonly taskName: string;
  readonly status: TaskStatus;
  /** When something last happened to it; milliseconds since 1970. */
  readonly updatedAtMs: number;
  /** Whether somebody wants it to stop. */
  readonly hasCancelRequest: boolean;
}

/** A part of the tasks, in the order of their ids. */
interface IdRange {
  /** At most so many. */
  readonly limit: number;
  /** Those behind this one. Default: all. */
  readonly afterId?: TaskId;
  /** Those up to this one. Default: all. */
  readonly untilId?: TaskId;
}

/** Which tasks that are on no queue are looked at. */
export interface UnpublishedQuery extends IdRange {
  /** Those that were made at these times. */
  readonly created: OldTimes;
}

/** To which tasks nothing has happened lately. */
export interface Untouched {
  /** Those to which something last happened at these times. */
  readonly touched: OldTimes;
  /** The same for those that run, instead of `touched.untilMs`: their worker touches them now and then; milliseconds since 1970. */
  readonly runningSinceMs: number;
}

/** Which unfinished tasks are looked at. */
export interface PublishedQuery extends IdRange, Untouched {}

/** A task that Redis has lost, and that was cancelled for it: somebody wanted it to stop. */
export interface LostCancelled {
  readonly id: TaskId;
  readonly taskName: string;
  readonly correlationId: string;
  readonly reason?: string;
}

/** What became of tasks that are on no queue any more; the others were left alone. */
export interface TakenBack {
  /** Those that are to be published again. */
  readonly unpublishedIds: readonly TaskId[];
  readonly cancelled: readonly LostCancelled[];
}

/** How far the queues are behind the ledger. */
export interface OutboxLag {
  /** Tasks that are not on their queue yet, or of which that is not written yet. */
  readonly count: number;
  /** How long the first of them has waited for that; milliseconds, 0 without any. */
  readonly oldestMs: number;
  /** How far the last of them is ahead that a clock has put into the future; milliseconds, 0 without any. */
  readonly aheadMs: number;
}

/** The tasks that are in the ledger and not on their queue. */
export interface LedgerOutbox {
  /** Notes that a task is on its queue; written soon, together with others. What could not be written the relay finds. */
  notePublished(id: TaskId): void;
  /** Which of these tasks are in the ledger: those of a transaction are when it is committed. Waits for no writer. */
  listCommitted(ids: readonly TaskId[]): Promise<Result<readonly TaskId[], LedgerError>>;
  /**
   * Those of these tasks that are on no queue, so far as is written; nobody is kept from claiming them. Waits for no writer: a
   * claim does, and on SQLite that may be any transaction of the application.
   */
  readUnpublished(ids: readonly TaskId[]): Promise<Result<UnpublishedTasks, LedgerError>>;
  /** Claims tasks, the oldest first; several claimants at once get different ones. */
  claim(claim: OutboxClaim): Promise<Result<UnpublishedTasks, LedgerError>>;
  /** Gives claimed tasks back, for anybody to claim. */
  release(ids: readonly TaskId[]): Promise<Result<void, LedgerError>>;
  /** Writes that tasks are on their queues. */
  markPublished(ids: readonly TaskId[]): Promise<Result<void, LedgerError>>;
  /**
   * Forgets a task for which the queue answered another one, and of which nobody has heard: its caller is told the other one. An
   * equal debounce key made them one: the other one has what this one was scheduled with. Or a run of a schedule was skipped:
   * the other one is left as it is. A task that has begun is not forgotten.
   */
  absorb(id: TaskId, byId: TaskId): Promise<Result<void, LedgerError>>;
  /** As `absorb`, of a task that somebody was told is created: it is cancelled, with a reason that names the other one. */
  cancelAbsorbed(id: TaskId, byId: TaskId): Promise<Result<void, LedgerError>>;
  /** The last of all unfinished tasks by their ids; nothing when there is none. */
  lastUnfinished(): Promise<Result<TaskId | undefined, LedgerError>>;
  /** Lists tasks that are on no queue, so far as is written, claimed or not. */
  listUnpublished(query: UnpublishedQuery): Promise<Result<readonly UnfinishedTask[], LedgerError>>;
  /** Lists unfinished tasks that were put on a queue. */
  listPublished(query: PublishedQuery): Promise<Result<readonly UnfinishedTask[], LedgerError>>;
  /**
   * Writes that tasks are on no queue any more. The attempt of one that runs has crashed, and if somebody wants it to stop it is
   * cancelled. Leaves those alone to which something happened since they were listed, whatever the clocks say.
   */
  unpublish(
    listed: readonly Pick<UnfinishedTask, 'id' | 'status' | 'updatedAtMs'>[],
  ): Promise<Result<TakenBack, LedgerError>>;
  /**
   * How far the queues are behind. An error too of a database that answers, and takes no writes.
   *
   * @param nowMs Milliseconds since 1970.
   */
  lag(nowMs: number): Promise<Result<OutboxLag, LedgerError>>;
}
