import { type ILogger } from '@backend/logger/Logger';
import { type TaskRecord } from '../domain/TaskRecord';
import { type CancelledJob, type UnfinishedSet } from '../queue/cancelJob';
import { type QueueAccess } from '../queue/QueueAccess';
import { type TaskLedger } from './TaskLedger';

/** Which task is cancelled, and what for. */
export interface TaskCancellation {
  readonly access: QueueAccess;
  /** `QUEUE_PREFIX`. */
  readonly prefix: string;
  /** Where the task is written down too, unless the ledger is off. */
  readonly ledger: TaskLedger | undefined;
  /** Whether a cancellation must be written there (`LEDGER_REQUIRED`). */
  readonly ledgerRequired: boolean;
  /** Told what was changed. */
  readonly logger: ILogger;
  readonly taskName: string;
  readonly id: string;
  /** 1 to 1000 characters, kept with the task. */
  readonly reason?: string | undefined;
  /** Attempts of a task that does not say; for the record. */
  readonly maxAttempts: number;
  /**
   * Where on its queue it must be; elsewhere it is left as it is, which is `not-cancellable` unless it runs. Default: wherever a task
   * is that has not ended.
   */
  readonly onlyIn?: readonly UnfinishedSet[] | undefined;
}

/** What a call has done to a task. */
export interface CancelledTask extends Pick<CancelledJob, 'change'> {
  /** The task after the call; `undefined` when there is none of this name. */
  readonly record: TaskRecord | undefined;
}

/** A task after a call, and what that call has done to it. */
export interface ChangedTask extends CancelledTask {
  readonly record: TaskRecord;
}
