import { ok, type Result } from 'neverthrow';
import { isTaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskSighting } from '../domain/TaskSighting';
import { type LedgerError } from '../ledger/LedgerError';
import { type TaskLedger } from '../ledger/TaskLedger';

/**
 * A task that its queue does not hold, as the ledger knows it: how it ended, or that it is still to come. Nothing when the
 * ledger does not know it, or is off.
 */
export const readKeptSighting = async (
  ledger: Pick<TaskLedger, 'history'> | undefined,
  id: string,
): Promise<Result<TaskSighting | undefined, LedgerError>> => {
  if (ledger === undefined || !isTaskId(id)) return ok(undefined);
  const kept = await ledger.history.find(id);
  return kept.map((record) => (record === undefined ? undefined : toSighting(record)));
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
      return error === undefined ? undefined : { kind: 'failed', error, ...retried };
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
