import { type Result } from 'neverthrow';
import { CancelError } from '../domain/CancelError';
import { showValue } from '../domain/numberRule';
import { type TaskRecord } from '../domain/TaskRecord';
import { accessFailureCode, describeAccessFailure } from '../queue/AccessFailure';
import { type LedgerError } from './LedgerError';

/** Whether a task may run although it was to be cancelled: not when it has ended meanwhile, or its queue has cancelled it. */
export const mayRun = (cancelled: Result<TaskRecord, CancelError>): boolean => {
  if (cancelled.isOk()) return false;
  const { code, metadata } = cancelled.error;
  return (
    code === 'queue-unavailable' || (code === 'ledger-unavailable' && metadata['status'] !== 'cancelled')
  );
};

/** The error for a Redis that is silent or refuses, or that is not asked. */
export const toCancelFailure = (error: Error): CancelError =>
  new CancelError(describeAccessFailure(error), { code: accessFailureCode(error), cause: error });

/** The error for a cancellation that the ledger was not told of: it may have the task run yet. */
export const toUnnoted = (known: string, cause: LedgerError, metadata = {}): CancelError =>
  new CancelError(`${known}, and the ledger could not be told: ${cause.message}; call again`, {
    code: 'ledger-unavailable',
    metadata,
    cause,
  });

/** The error for a task that nobody knows under its name. */
export const toNotFound = (id: unknown): CancelError =>
  new CancelError(`no queue of this name holds the task ${showValue(id)}`, { code: 'not-found' });

/** The error for a task that begins or ends its attempts faster than it can be cancelled. */
export const toMoving = ({ id, status }: TaskRecord): CancelError =>
  new CancelError(
    `no queue holds the task ${id}, which is ${status} in the ledger and goes on meanwhile; call again`,
    { code: 'queue-unavailable' },
  );

/** The error for a task that has ended, or is not where it must be. */
export const toNotCancellable = ({ id, status }: TaskRecord): CancelError =>
  new CancelError(
    `expected a task that is pending, scheduled, retrying or running, got ${id}, which is ${status}`,
    { code: 'not-cancellable', metadata: { status } },
  );
