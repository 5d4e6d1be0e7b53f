import { type AppConfig } from '@backend/config/AppConfig';
import { isTaskId } from '@backend/tasks/domain/TaskId';
import { sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { BoardRefusal } from './BoardRefusal';

/**
 * Opens the ledger's row of a failed task that is about to be put back on its queue, so that it is brought back too when Redis loses
 * it before a worker has it. A task that is not put back in the end the reconciler finds failed on its queue.
 *
 * @throws BoardRefusal when the ledger does not take it, and tasks wait for the ledger.
 */
export const reopenRow = async (appConfig: AppConfig, id: string | undefined): Promise<void> => {
  const ledger = sharedTaskLedger(appConfig);
  if (ledger === undefined || !isTaskId(id)) return;
  const reopened = await ledger.writer.reopen(id, Date.now());
  if (reopened.isErr() && appConfig.ledgerRequired)
    throw new BoardRefusal(
      `the ledger could not be told that the task is put back: ${reopened.error.message}`,
    );
};
