import { type BoardCanceller } from './BoardCanceller';
import { BoardRefusal } from './BoardRefusal';

/**
 * Cancels a task instead of deleting it, which the ledger would take for a loss, and bring it back. One that runs is asked to
 * stop.
 *
 * @returns False when there is nothing to cancel: the task has ended, cancelled ones included, or is gone.
 * @throws BoardRefusal when it may run yet, or the ledger does not know of it.
 */
export const cancelInsteadOfDeleting = async (
  { cancel }: Pick<BoardCanceller, 'cancel'>,
  id: string,
): Promise<boolean> => {
  const cancelled = await cancel(id);
  if (cancelled.isOk()) {
    const { change, record } = cancelled.value;
    return change !== 'none' || record.status !== 'cancelled';
  }
  const { code, message } = cancelled.error;
  if (code === 'not-cancellable' || code === 'not-found') return false;
  throw new BoardRefusal(message, { cause: cancelled.error });
};
