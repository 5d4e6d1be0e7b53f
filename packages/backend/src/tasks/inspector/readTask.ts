import { err, ok, type Result } from 'neverthrow';
import { isTaskId, type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type InspectorError } from './InspectorError';
import { type InspectorParts, requireTask, toLedgerFailure } from './InspectorParts';

/**
 * Reads a task from its queue, which knows its progress and its steps, or else from the ledger; see
 * `TaskInspector.getTask`.
 */
export const readTask = async (
  parts: InspectorParts,
  id: TaskId,
): Promise<Result<TaskRecord, InspectorError>> => {
  const live = await requireTask(parts, id);
  // An id that is none of ours is another program's, of which the ledger knows nothing.
  if (live.isOk() || parts.history === undefined || !isTaskId(id)) return live;
  const kept = await parts.history.find(id);
  // Nobody knows then whether there is such a task; a queue that did not answer says so itself.
  if (kept.isErr()) return live.error.code === 'not-found' ? err(toLedgerFailure(kept.error)) : live;
  return kept.value === undefined ? live : ok(kept.value);
};
