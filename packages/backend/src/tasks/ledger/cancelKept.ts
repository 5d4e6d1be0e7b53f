import { err, type Result } from 'neverthrow';
import { type CancelError } from '../domain/CancelError';
import { isTerminalStatus } from '../domain/TaskStatus';
import { tellCancel } from '../queue/CancelChannel';
import { answerCancellation } from './answerCancellation';
import { toMoving, toUnnoted } from './CancelFailure';
import { cancelInLedger } from './cancelInLedger';
import { type ChangedTask, type TaskCancellation } from './TaskCancellation';

/** What is said of a worker that is not told; the next look of its own tells it. */
const UNTOLD_MESSAGE =
  'A task that Redis has lost is cancelled, and its worker could not be told; it finds out by looking';

/** Cancels a task that no queue holds, or whose queue cannot be asked; nothing where the ledger says nothing of it. */
export const cancelKept = async (
  { access, prefix, ledger, taskName, id, reason, logger }: TaskCancellation,
  { isLost }: { readonly isLost: boolean },
): Promise<Result<ChangedTask, CancelError> | undefined> => {
  const cancelled = await cancelInLedger({ ledger, taskName, id, reason, nowMs: Date.now(), isLost });
  if (cancelled.isErr()) return err(toUnnoted(`no queue holds the task ${id}`, cancelled.error));
  if (cancelled.value === undefined) return undefined;
  const { change, record } = cancelled.value;
  // A worker may run it all the same. That it is told is a help, at each call: what counts is written.
  const isRequested = !isTerminalStatus(record.status) && record.cancelRequestedAt !== undefined;
  if (isLost && (isRequested || change !== 'none')) {
    const told = await access.run((_queues, { client }) =>
      tellCancel(client, { prefix, taskName, taskId: id }),
    );
    if (told.isErr()) logger.warn(UNTOLD_MESSAGE, { taskName, taskId: id, reason: told.error.message });
  }
  if (isTerminalStatus(record.status) || (isLost && isRequested))
    return answerCancellation(id, { change, record }, logger).map(() => ({ change, record }));
  return isLost ? err(toMoving(record)) : undefined;
};
