import { err, type Result } from 'neverthrow';
import { readTaskLog } from '../queue/TaskLog';
import { type InspectorError } from './InspectorError';
import { type InspectorParts, requireTask, toInspectorFailure } from './InspectorParts';

/** Reads what a task's handlers logged; see `TaskInspector.getLogs`. */
export const readLogs = async (
  parts: InspectorParts,
  id: string,
): Promise<Result<readonly string[], InspectorError>> => {
  const found = await requireTask(parts, id);
  if (found.isErr()) return err(found.error);
  const log = await parts.access.run(({ client, get }) =>
    readTaskLog({ client, queue: get(found.value.name), id }),
  );
  return log.map(({ lines }) => lines).mapErr(toInspectorFailure);
};
