import { ok, type Result } from 'neverthrow';
import { isTaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type InspectorError } from './InspectorError';
import { type InspectorParts, toInspectorFailure } from './InspectorParts';

/** Reads a task from the ledger; `undefined` when it does not know it, or when there is none. */
export const readKept = async (
  { ledger }: InspectorParts,
  id: string,
): Promise<Result<TaskRecord | undefined, InspectorError>> => {
  // An id that is none of ours is another program's, of which the ledger knows nothing.
  if (ledger === undefined || !isTaskId(id)) return ok(undefined);
  return (await ledger.history.find(id)).mapErr(toInspectorFailure);
};
