import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { isTaskId } from '@backend/tasks/domain/TaskId';
import { sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { BoardRefusal } from './BoardRefusal';

interface ReopenParts {
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
}

/**
 * Opens the ledger's row of a failed task that is about to be put back on its queue, so that it is brought back too when
 * Redis loses it before a worker has it. A task that is not put back in the end the reconciler finds failed on its queue.
 * What the ledger does not take is logged, unless tasks wait for the ledger.
 *
 * @throws BoardRefusal when they do.
 */
export const reopenRow = async (
  { appConfig, logger }: ReopenParts,
  id: string | undefined,
): Promise<void> => {
  const ledger = sharedTaskLedger(appConfig);
  if (ledger === undefined || !isTaskId(id)) return;
  const reopened = await ledger.writer.reopen(id, Date.now());
  if (reopened.isOk()) return;
  const { message: reason } = reopened.error;
  if (appConfig.ledgerRequired)
    throw new BoardRefusal(`the ledger could not be told that the task is put back: ${reason}`, {
      cause: reopened.error,
    });
  logger.warn('The ledger could not be told that a failed task is put back on its queue', {
    taskId: id,
    reason,
  });
};
