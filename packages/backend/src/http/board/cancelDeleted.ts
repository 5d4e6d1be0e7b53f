import { type CancelError } from '@backend/tasks/domain/CancelError';
import { type TaskRecord } from '@backend/tasks/domain/TaskRecord';
import { type Result } from 'neverthrow';
import { BoardRefusal } from './BoardRefusal';

/** Cancels the task of an id, in its queue and in the ledger. */
export type CancelOnBoard = (id: string) => Promise<Result<TaskRecord, CancelError>>;

/** What a task that is deleted on the board is cancelled for. */
export const DELETED_REASON = 'deleted on the board';

/** Tasks that are cancelled at the same time. */
const CHUNK = 100;

/**
 * Cancels a task instead of deleting it, which the ledger would take for a loss, and bring it back. One that runs is asked to
 * stop.
 *
 * @returns False when there is nothing to cancel: the task has ended, or is gone.
 * @throws BoardRefusal when it may run yet, or the ledger does not know of it.
 */
export const cancelDeleted = async (cancel: CancelOnBoard, id: string): Promise<boolean> => {
  const cancelled = await cancel(id);
  if (cancelled.isOk()) return true;
  const { code, message } = cancelled.error;
  if (code === 'not-cancellable' || code === 'not-found') return false;
  throw new BoardRefusal(message, { cause: cancelled.error });
};

/** As `cancelDeleted`, of many: a part at a time, up to the first one that cannot be cancelled. */
export const cancelAllDeleted = async (cancel: CancelOnBoard, ids: readonly string[]): Promise<void> => {
  for (let start = 0; start < ids.length; start += CHUNK) {
    await Promise.all(ids.slice(start, start + CHUNK).map((id) => cancelDeleted(cancel, id)));
  }
};
