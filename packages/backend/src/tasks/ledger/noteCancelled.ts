import { err, ok, type Result } from 'neverthrow';
import { isTaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type LedgerError } from './LedgerError';
import { type TaskCancellation } from './TaskCancellation';

interface CancelledOnQueue {
  readonly record: TaskRecord;
  /** Whether it is failed in the ledger, and somebody has put it back since. */
  readonly isPutBack: boolean;
}

/**
 * Writes that its queue has cancelled a task. What is not written the reconciler finds in the queue, if Redis still has it
 * then; but it never looks at a task that is failed in the ledger: where the caller is not told that, the log is.
 */
export const noteCancelled = async (
  { ledger, ledgerRequired, taskName, logger }: TaskCancellation,
  { record: { id, cancelReason: reason, endedAt = new Date() }, isPutBack }: CancelledOnQueue,
): Promise<Result<unknown, LedgerError>> => {
  if (ledger === undefined || !isTaskId(id)) return ok();
  const nowMs = endedAt.getTime();
  const opened = isPutBack ? await ledger.writer.reopen(id, nowMs) : ok();
  if (opened.isOk()) return ledger.writer.cancel(id, { reason, nowMs, isIdle: true });
  if (!ledgerRequired) {
    const facts = { taskName, taskId: id, reason: opened.error.message };
    logger.warn(
      'The ledger could not be told that a task was put back and cancelled; it stays failed there',
      facts,
    );
  }
  return err(opened.error);
};
