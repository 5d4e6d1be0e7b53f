import { err, ok, type Result } from 'neverthrow';
import { isTaskId, type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type CancelledJob } from '../queue/cancelJob';
import { type LedgerError } from './LedgerError';
import { type EntryCancellation, type LedgerWriter } from './LedgerWriter';
import { type TaskLedger } from './TaskLedger';

interface LedgerCancellation extends Pick<EntryCancellation, 'reason' | 'nowMs'> {
  /** Absent when it is off. */
  readonly ledger: Pick<TaskLedger, 'writer' | 'history'> | undefined;
  readonly taskName: string;
  readonly id: string;
  /** Whether Redis has answered that no queue has the task; otherwise it did not answer, and may well have it. */
  readonly isLost: boolean;
}

interface CancelledEntry extends Pick<CancelledJob, 'change'> {
  readonly record: TaskRecord;
}

/**
 * Cancels a task that is in the ledger and not on its queue, or whose queue cannot be asked: no worker will run it. One that runs
 * although its queue has lost it is asked to stop. One of another name may be on the queue of that name, and is none for this
 * call.
 *
 * @returns The task after the call; nothing when the ledger does not know it under this name, or is off.
 */
export const cancelInLedger = async (
  cancellation: LedgerCancellation,
): Promise<Result<CancelledEntry | undefined, LedgerError>> => {
  const { ledger, taskName, id } = cancellation;
  if (ledger === undefined || !isTaskId(id)) return ok(undefined);
  const known = await ledger.history.find(id);
  if (known.isErr()) return err(known.error);
  if (known.value?.name !== taskName) return ok(undefined);
  const changed = await change(ledger.writer, id, cancellation);
  if (changed.isErr()) return err(changed.error);
  const found = await ledger.history.find(id);
  return found.map((record) => (record === undefined ? undefined : { change: changed.value, record }));
};

const change = async (
  writer: Pick<LedgerWriter, 'cancel' | 'requestCancel'>,
  id: TaskId,
  { reason, nowMs, isLost }: LedgerCancellation,
): Promise<Result<CancelledJob['change'], LedgerError>> => {
  const cancelled = await writer.cancel(id, { reason, nowMs });
  if (cancelled.isErr()) return err(cancelled.error);
  if (cancelled.value) return ok('cancelled');
  // One that its queue may have hears of it from there alone: both must come to the same end.
  if (!isLost) return ok('none');
  const requested = await writer.requestCancel(id, { reason, nowMs });
  if (requested.isErr()) return err(requested.error);
  if (requested.value) return ok('requested');
  // Its attempt may have ended between the two, with another one to follow.
  return (await writer.cancel(id, { reason, nowMs })).map((isCancelled) =>
    isCancelled ? 'cancelled' : 'none',
  );
};
