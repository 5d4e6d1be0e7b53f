import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from './TaskId';
import { type StoredTaskError } from './TaskRecord';
import { TaskResultError } from './TaskResultError';

/** How a task ended, or that Redis holds it no more. */
export type TaskEnd =
  | { readonly kind: 'completed'; readonly value: unknown }
  | {
      readonly kind: 'failed';
      readonly error: StoredTaskError;
      /** The task that does it again. */
      readonly retriedAs?: TaskId;
    }
  | { readonly kind: 'cancelled'; readonly reason?: string; readonly retriedAs?: TaskId }
  /** Neither Redis nor the ledger, where there is one, holds it. */
  | { readonly kind: 'removed' };

/** The task that is asked about. */
export interface TaskName {
  readonly id: TaskId;
  readonly taskName: string;
}

const retryFacts = (retriedAs: TaskId | undefined): { readonly retriedAs?: TaskId } =>
  retriedAs === undefined ? {} : { retriedAs };

const retryText = (retriedAs: TaskId | undefined): string =>
  retriedAs === undefined ? '' : `; the task ${retriedAs} does it again`;

const toFailed = (
  { id, taskName }: TaskName,
  { error, retriedAs }: TaskEnd & { readonly kind: 'failed' },
): TaskResultError => {
  const code = error.reason === 'expired' ? 'expired' : 'failed';
  const what = code === 'expired' ? 'expired' : `failed (${error.reason ?? error.code})`;
  const message = `the task ${id} of ${taskName} ${what}: ${error.message}${retryText(retriedAs)}`;
  return new TaskResultError(message, { code, failure: error, metadata: retryFacts(retriedAs) });
};

const toCancelled = (
  { id, taskName }: TaskName,
  { reason, retriedAs }: TaskEnd & { readonly kind: 'cancelled' },
): TaskResultError => {
  const because = reason === undefined ? '' : `: ${reason}`;
  return new TaskResultError(`the task ${id} of ${taskName} was cancelled${because}${retryText(retriedAs)}`, {
    code: 'cancelled',
    metadata: { ...(reason === undefined ? {} : { reason }), ...retryFacts(retriedAs) },
  });
};

/** The error for a task that neither Redis nor the ledger holds. */
export const toRemoved = ({ id, taskName }: TaskName): TaskResultError =>
  new TaskResultError(
    `there is no task ${id} of ${taskName}: it never existed, the transaction that scheduled it is not committed, or its retention is over`,
    { code: 'removed' },
  );

/** What a waiting caller is told: the value, or why there is none. */
export const toTaskResult = (task: TaskName, end: TaskEnd): Result<unknown, TaskResultError> => {
  switch (end.kind) {
    case 'completed':
      return ok(end.value);
    case 'failed':
      return err(toFailed(task, end));
    case 'cancelled':
      return err(toCancelled(task, end));
    case 'removed':
      return err(toRemoved(task));
  }
};
