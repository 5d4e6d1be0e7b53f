import { err, type Result } from 'neverthrow';
import { type CancelError } from '../domain/CancelError';
import { cancelReasonProblem } from '../domain/CancelRequest';
import { type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { cancelTask } from '../ledger/cancelTask';
import { toCancellation } from '../ledger/toCancellation';
import { InspectorError } from './InspectorError';
import { type InspectorParts, toNotFound } from './InspectorParts';
import { readTask } from './readTask';

/** What is to be cancelled, as the caller said it. */
interface Cancellation {
  readonly id: TaskId;
  readonly reason: string | undefined;
}

/** Finds a task in the queues of all definitions and cancels it; see `TaskInspector.cancel`. */
export const cancelFoundTask = async (
  parts: InspectorParts,
  { id, reason }: Cancellation,
): Promise<Result<TaskRecord, InspectorError>> => {
  const problem = cancelReasonProblem(reason);
  if (problem !== undefined) return err(new InspectorError(problem, { code: 'invalid-reason' }));
  // Its name first: another program's id, such as "1", may be in several queues.
  const found = await readTask(parts, id);
  if (found.isErr()) return err(found.error);
  const { name: taskName, maxAttempts } = found.value;
  const cancelled = await cancelTask(toCancellation(parts, { taskName, id, reason, maxAttempts }));
  return cancelled.mapErr((error) => toInspectorError(error, id));
};

/** The same error, in the inspector's words where it looks further than one queue. */
const toInspectorError = (error: CancelError, id: string): InspectorError => {
  const { code, message, metadata, cause } = error;
  if (code === 'not-found') return toNotFound(id);
  return new InspectorError(message, {
    code: code === 'invalid-options' ? 'invalid-query' : code,
    metadata,
    cause,
  });
};
