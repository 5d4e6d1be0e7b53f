import { err, ok, type Result } from 'neverthrow';
import { showValue } from '../domain/numberRule';
import { type TaskRecord } from '../domain/TaskRecord';
import { cancelJob } from '../queue/CancelledTasks';
import { toTaskRecord } from '../queue/TaskRecordReader';
import { InspectorError } from './InspectorError';
import { type InspectorParts, requireTask, toNotFound, toUnavailable } from './InspectorParts';

/** Characters that the reason of a cancellation may have. */
const MAX_REASON_LENGTH = 1000;

/** What is to be cancelled, as the caller said it. */
interface Cancellation {
  readonly id: string;
  readonly reason: string | undefined;
}

/** Cancels a task that waits; see `TaskInspector.cancel`. */
export const cancelTask = async (
  parts: InspectorParts,
  { id, reason }: Cancellation,
): Promise<Result<TaskRecord, InspectorError>> => {
  const problem = reasonProblem(reason);
  if (problem !== undefined) return err(new InspectorError(problem, 'invalid-reason'));
  // Its name first: another program's id, such as "1", may be in several queues.
  const found = await requireTask(parts, id);
  if (found.isErr()) return err(found.error);
  const { name, maxAttempts } = found.value;
  const cancelled = await parts.access.run(async (queues, { client }) => {
    const queue = queues.get(name);
    const { isCancelled, task } = await cancelJob({ client, queue, id, reason, nowMs: Date.now() });
    const record = task === undefined ? undefined : toTaskRecord(task, { queue, maxAttempts });
    return { isCancelled, record };
  });
  if (cancelled.isErr()) return err(toUnavailable(cancelled.error));
  const { isCancelled, record } = cancelled.value;
  if (record === undefined) return err(toNotFound(id));
  if (record.status !== 'cancelled') return err(toNotCancellable(record));
  if (isCancelled) logCancelled(parts, record);
  return ok(record);
};

const reasonProblem = (reason: unknown): string | undefined =>
  reason === undefined ||
  (typeof reason === 'string' && reason.length >= 1 && reason.length <= MAX_REASON_LENGTH)
    ? undefined
    : `expected reason to be a text of 1 to ${MAX_REASON_LENGTH} characters, got ${
        typeof reason === 'string' ? `${reason.length} characters` : showValue(reason)
      }`;

const toNotCancellable = ({ id, status }: TaskRecord): InspectorError =>
  new InspectorError(
    `expected a task that is pending, scheduled or retrying, got ${id}, which is ${status}`,
    'not-cancellable',
    { metadata: { status } },
  );

const logCancelled = ({ logger }: InspectorParts, record: TaskRecord): void => {
  const { id, name, correlationId, cancelReason } = record;
  logger.info('Task cancelled', { taskName: name, taskId: id, correlationId, reason: cancelReason });
};
