import { type TaskName } from '../domain/TaskEnd';
import { TaskResultError } from '../domain/TaskResultError';
import { type LedgerError } from '../ledger/LedgerError';
import { accessFailureCode } from '../queue/AccessFailure';
import { type WaitError } from '../queue/TaskEnds';

/** The error for a Redis that is silent or refuses, or that is not asked. */
export const toUnavailable = (
  { id, taskName }: TaskName,
  { reason, cause }: { readonly reason: string; readonly cause: unknown },
): TaskResultError =>
  new TaskResultError(`nothing could be learnt of the task ${id} of ${taskName}: ${reason}`, {
    code: cause instanceof Error ? accessFailureCode(cause) : 'queue-unavailable',
    cause,
  });

/** The error for a task that its queue does not hold, and that the ledger says nothing of. */
export const toUnknown = (task: TaskName, cause: LedgerError): TaskResultError =>
  toUnavailable(task, {
    reason: `its queue does not hold it, and the ledger could not be asked: ${cause.message}`,
    cause,
  });

/** The error for a time that is over before the task has ended. */
export const toTimedOut = ({ id, taskName }: TaskName, timeoutMs: number): TaskResultError =>
  new TaskResultError(`the task ${id} of ${taskName} has not ended within ${timeoutMs} ms; it goes on`, {
    code: 'timed-out',
  });

/** The error for a wait that is over. */
export const toWaitFailure = (task: TaskName, error: WaitError, timeoutMs: number): TaskResultError =>
  error.code === 'queue-unavailable'
    ? toUnavailable(task, { reason: error.message, cause: error.cause })
    : toTimedOut(task, timeoutMs);
