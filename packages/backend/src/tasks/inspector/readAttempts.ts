import { err, ok, type Result } from 'neverthrow';
import { showValue } from '../domain/numberRule';
import { isTaskId, type TaskId } from '../domain/TaskId';
import { type TaskAttempt } from '../ledger/LedgerHistory';
import { InspectorError } from './InspectorError';
import { checkTaskId, type InspectorParts, toInspectorFailure, toLedgerDisabled } from './InspectorParts';

/** Reads what the ledger keeps of a task's attempts; see `TaskInspector.getAttempts`. */
export const readAttempts = async (
  { ledger }: InspectorParts,
  id: TaskId,
): Promise<Result<readonly TaskAttempt[], InspectorError>> => {
  const checked = checkTaskId(id);
  if (checked.isErr()) return err(checked.error);
  if (ledger === undefined) return err(toLedgerDisabled('getAttempts'));
  if (!isTaskId(id)) return err(toUnknown(id)); // another program's
  const { history } = ledger;
  const listed = await history.listAttempts(id);
  if (listed.isErr()) return err(toInspectorFailure(listed.error));
  if (listed.value.length > 0) return ok(listed.value);
  const found = await history.find(id);
  if (found.isErr()) return err(toInspectorFailure(found.error));
  return found.value === undefined ? err(toUnknown(id)) : ok([]);
};

const toUnknown = (id: unknown): InspectorError =>
  new InspectorError(`the ledger does not know the task ${showValue(id)}`, { code: 'not-found' });
