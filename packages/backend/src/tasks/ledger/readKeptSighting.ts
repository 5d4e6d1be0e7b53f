import { ok, type Result } from 'neverthrow';
import { type TaskName } from '../domain/TaskEnd';
import { isTaskId } from '../domain/TaskId';
import { type TaskRecord, UNTOLD_ERROR } from '../domain/TaskRecord';
import { type TaskSighting } from '../domain/TaskSighting';
import { type LedgerError } from './LedgerError';
import { type LedgerHistory } from './LedgerHistory';

/**
 * A task that its queue does not hold, as the ledger knows it: how it ended, or that it is still to come. Nothing when the
 * ledger does not know it under this name, or is off.
 */
export const readKeptSighting = async (
  history: Pick<LedgerHistory, 'find'> | undefined,
  { id, taskName }: TaskName,
): Promise<Result<TaskSighting | undefined, LedgerError>> => {
  if (history === undefined || !isTaskId(id)) return ok(undefined);
  const kept = await history.find(id);
  return kept.map((record) => (record?.name === taskName ? toSighting(record) : undefined));
};

/** The ledger keeps neither progress nor log lines. */
const toSighting = (kept: TaskRecord): TaskSighting => {
  const end = toEnd(kept);
  return { status: kept.status, logCount: 0, ...(end === undefined ? {} : { end }) };
};

const toEnd = ({ status, value, error, cancelReason, retriedAs }: TaskRecord): TaskSighting['end'] => {
  const retried = retriedAs === undefined ? {} : { retriedAs };
  switch (status) {
    case 'completed':
      return { kind: 'completed', value };
    case 'failed':
      return { kind: 'failed', error: error ?? UNTOLD_ERROR, ...retried };
    case 'cancelled':
      return {
        kind: 'cancelled',
        ...(cancelReason === undefined ? {} : { reason: cancelReason }),
        ...retried,
      };
    default:
      return undefined;
  }
};
