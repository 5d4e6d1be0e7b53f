import { err, ok, type Result } from 'neverthrow';
import { ChildError, type ChildErrorCode } from '../domain/ChildError';
import { type TaskEnd, type TaskName, toTaskResult } from '../domain/TaskEnd';
import { type TaskResultErrorCode } from '../domain/TaskResultError';
import { type StoredChild } from '../queue/ChildStore';
import { type Parent } from '../scheduler/ChildCalls';

/** Both areas have words of their own; these are the same. */
const CODES = {
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'expired',
  removed: 'removed',
  'timed-out': 'timed-out',
  'queue-unavailable': 'queue-unavailable',
  'tasks-disabled': 'queue-unavailable',
  'invalid-options': 'invalid-options',
} as const satisfies Record<TaskResultErrorCode, ChildErrorCode>;

/** What a parent is told of a child that has ended. */
export const toChildResult = (child: TaskName, end: TaskEnd): Result<unknown, ChildError> =>
  toTaskResult(child, end).mapErr(({ code, message, failure, metadata }) => {
    const { taskName, id: taskId } = child;
    return new ChildError(message, { code: CODES[code], taskName, taskId, failure, metadata });
  });

/** What a parent is told of a child that it has waited for in vain. */
export const toUnheard = (
  { id: taskId, taskName }: TaskName,
  {
    code,
    message,
    cause,
  }: { readonly code: 'timed-out' | 'queue-unavailable'; readonly message: string; readonly cause?: unknown },
): Result<never, ChildError> =>
  err(new ChildError(`the child ${taskId} of ${taskName}: ${message}`, { code, taskName, taskId, cause }));

/** What a parent is told of a child for which the parent itself stands: it would wait for its own end. */
export const toOwnParent = ({
  taskId,
  taskName,
}: Pick<Parent, 'taskId' | 'taskName'>): Result<never, ChildError> =>
  err(
    new ChildError(
      `expected a child other than its parent, got ${taskId} of ${taskName}, which stands for it: both have one idempotencyKey or uniqueTag`,
      { code: 'never-runs', taskName, taskId },
    ),
  );

/** What a parent is told of a child whose end it has written down; `undefined` when the child must be asked. */
export const toKnownResult = ({ end, value }: StoredChild): Result<unknown, never> | undefined =>
  end === 'completed' && value !== undefined ? ok(JSON.parse(value)) : undefined;

/** How a child ended, to be written down. */
export const toEndedChild = (child: StoredChild, end: TaskEnd): StoredChild =>
  end.kind === 'completed'
    ? { ...child, end: 'completed', value: JSON.stringify(end.value ?? null) }
    : { ...child, end: end.kind };
