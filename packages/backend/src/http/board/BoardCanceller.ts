import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type CancelError } from '@backend/tasks/domain/CancelError';
import { isTaskId } from '@backend/tasks/domain/TaskId';
import { cancelChildren, changeTask } from '@backend/tasks/ledger/cancelTask';
import { type LedgerError } from '@backend/tasks/ledger/LedgerError';
import { type ChangedTask, type TaskCancellation } from '@backend/tasks/ledger/TaskCancellation';
import { toCancellation } from '@backend/tasks/ledger/toCancellation';
import { type UnfinishedSet } from '@backend/tasks/queue/cancelJob';
import { createQueueAccess } from '@backend/tasks/queue/QueueAccess';
import { ok, Result } from 'neverthrow';

/** What a task that is deleted on the board is cancelled for. */
export const DELETED_REASON = 'deleted on the board';

/** Cancels tasks of one name, in their queue and in the ledger. */
export interface BoardCanceller {
  /**
   * Cancels a task, or asks one that runs to stop.
   *
   * @param onlyIn Where on its queue it must be; elsewhere it is left as it is. Default: wherever a task is that has not ended.
   */
  cancel(id: string, onlyIn?: readonly UnfinishedSet[]): Promise<Result<ChangedTask, CancelError>>;
  /** Which of some tasks have not ended, as far as the ledger knows. Changes nothing. */
  listUnended(ids: readonly string[]): Promise<Result<readonly string[], LedgerError>>;
  /**
   * Ends a task in the ledger whose job is about to be deleted while it runs, and cancels its children. Whatever its attempt comes
   * to counts for nothing.
   */
  end(id: string): Promise<Result<unknown, LedgerError>>;
}

interface CancellerOptions {
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
}

/** Answers what cancels the tasks of a name with the ledger of the moment; nothing when there is no ledger. */
export const createBoardCancellers = ({
  appConfig,
  logger,
}: CancellerOptions): ((taskName: string) => BoardCanceller | undefined) => {
  const access = createQueueAccess({ logger, appConfig });
  return (taskName) => {
    // Asked once: a request that goes on while the process stops must not open another ledger.
    const cancellation = toCancellation(
      { access, logger, appConfig },
      { taskName, id: '', reason: DELETED_REASON },
    );
    const { ledger } = cancellation;
    if (ledger === undefined) return undefined;
    // What the board deletes from Redis the reconciler would bring back if the ledger had not been told.
    const cancellationOf = (id: string): TaskCancellation => ({ ...cancellation, id, ledgerRequired: true });
    return {
      cancel: (id, onlyIn) => changeTask({ ...cancellationOf(id), onlyIn }),
      listUnended: async (ids) => {
        const known = ids.filter(isTaskId);
        const standings = await Promise.all(known.map((id) => ledger.writer.standing(id)));
        return Result.combine(standings).map((all) =>
          known.filter((_id, index) => all[index]?.kind === 'open'),
        );
      },
      end: async (id) => {
        if (!isTaskId(id)) return ok();
        const ended = await ledger.writer.cancel(id, {
          reason: DELETED_REASON,
          nowMs: Date.now(),
          isIdle: true,
        });
        // Not before: the handler that waits for them would go on, and complete.
        if (ended.isOk()) await cancelChildren(cancellationOf(id));
        return ended;
      },
    };
  };
};
