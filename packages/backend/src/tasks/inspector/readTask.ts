import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type InspectorError } from './InspectorError';
import { type InspectorParts, requireTask, toNotFound } from './InspectorParts';
import { readKept } from './readKept';

/**
 * Reads a task from its queue, which knows its progress and its steps, or else from the ledger; see
 * `TaskInspector.getTask`.
 */
export const readTask = async (
  parts: InspectorParts,
  id: TaskId,
): Promise<Result<TaskRecord, InspectorError>> => {
  const live = await requireTask(parts, id);
  if (live.isOk()) return live;
  const kept = await readKept(parts, id);
  // Nobody knows then whether there is such a task; a queue that did not answer says so itself.
  if (kept.isErr()) return live.error.code === 'not-found' ? err(kept.error) : live;
  if (kept.value !== undefined) return ok(kept.value);
  return live.error.code === 'not-found' ? err(toNotFound(id, parts)) : live;
};
