import { err, type Result } from 'neverthrow';
import { CancelError } from '../domain/CancelError';
import { cancelReasonProblem } from '../domain/CancelRequest';
import { type TaskRecord } from '../domain/TaskRecord';
import { toCancelChannel } from '../queue/CancelChannel';
import { listUnendedChildren } from '../queue/ChildStore';
import { cancelJob } from '../queue/cancelJob';
import { toQueueKey } from '../queue/QueueName';
import { toTaskRecord } from '../queue/TaskRecordReader';
import { TasksDisabledError } from '../queue/TasksDisabledError';
import { answerCancellation } from './answerCancellation';
import { mayRun, toCancelFailure, toNotCancellable, toNotFound, toUnnoted } from './CancelFailure';
import { cancelKept } from './cancelKept';
import { noteCancelled } from './noteCancelled';
import { readKeptEnd } from './readKeptEnd';
import { type CancelledTask, type ChangedTask, type TaskCancellation } from './TaskCancellation';

/**
 * Cancels a task of any process, and the children that it waits for. One that waits is cancelled at once. One that runs
 * is asked to stop: the worker that has it aborts its signal, and it ends as cancelled. Calling again is harmless, and the
 * first reason stays.
 *
 * @returns The task: `cancelled`, or `running` with `cancelRequestedAt`. Errors: see `CANCEL_ERROR_CODES`.
 */
export const cancelTask = async (cancellation: TaskCancellation): Promise<Result<TaskRecord, CancelError>> =>
  (await changeTask(cancellation)).map(({ record }) => record);

/** As `cancelTask`; answers what this very call has changed too. */
export const changeTask = async (
  cancellation: TaskCancellation,
): Promise<Result<ChangedTask, CancelError>> => {
  const { access, id, logger } = cancellation;
  const problem = cancelReasonProblem(cancellation.reason);
  if (problem !== undefined) return err(new CancelError(problem, { code: 'invalid-reason' }));
  // Not to touch tasks is not to touch those of the ledger either, nor to tell of them.
  if (!access.tasksEnabled) return err(toCancelFailure(new TasksDisabledError()));
  const end = await readKeptEnd(cancellation);
  // A Redis that went back in time may have it among those that wait: its next worker acknowledges it without a run.
  if (end.kind === 'final') return err(toNotCancellable(end.record));
  // Redis was silent, and would be so to the next call.
  if (end.kind === 'unknown') return cancelUnasked(cancellation, end.error);
  const { reason } = end.kind === 'cancelled' ? { reason: undefined, ...end } : cancellation;
  const onQueue = await cancelOnQueue({ ...cancellation, reason });
  if (onQueue.isErr()) return cancelUnasked(cancellation, onQueue.error);
  const { change, record } = onQueue.value;
  if (record === undefined) return (await cancelKept(cancellation, { isLost: true })) ?? err(toNotFound(id));
  const answered = answerCancellation(id, { change, record }, logger).map(() => ({ change, record }));
  // Whoever runs a task cancels its children when that ends; of one that waited nobody does. One that is cancelled already
  // may have been so by a call whose answer was lost, which got no further.
  if (record.status !== 'cancelled') return answered;
  const noted = await noteCancelled(cancellation, { record, isPutBack: end.kind === 'put-back' });
  await cancelChildren(cancellation);
  if (noted.isOk() || !cancellation.ledgerRequired) return answered;
  return err(toUnnoted(`the task ${id} is cancelled on its queue`, noted.error, { status: record.status }));
};

const cancelOnQueue = ({
  access,
  prefix,
  taskName,
  id,
  reason,
  maxAttempts,
  onlyIn,
}: TaskCancellation): Promise<Result<CancelledTask, Error>> =>
  access.run(async (queues, { client }) => {
    const queue = queues.get(taskName);
    const channel = toCancelChannel(prefix);
    const job = { client, queue, id, reason, channel, nowMs: Date.now(), onlyIn };
    const { change, task } = await cancelJob(job);
    return { change, record: task === undefined ? undefined : toTaskRecord(task, { queue, maxAttempts }) };
  });

/** Cancels a task whose queue did not answer in the ledger, unless it must be in some place: nobody knows where it is. */
const cancelUnasked = async (
  cancellation: TaskCancellation,
  cause: Error,
): Promise<Result<ChangedTask, CancelError>> => {
  const failure = err(toCancelFailure(cause));
  if (cancellation.onlyIn !== undefined) return failure;
  const inLedger = await cancelKept(cancellation, { isLost: false });
  return inLedger === undefined || isUnavailable(inLedger) ? failure : inLedger;
};

const isUnavailable = (cancelled: Result<unknown, CancelError>): boolean =>
  cancelled.isErr() && cancelled.error.code === 'ledger-unavailable';

/**
 * Cancels the children that a task has written down, has not heard the end of and will never ask for again, and theirs.
 * Never rejects: a child that cannot be cancelled runs to its end, and the log says so.
 */
export const cancelChildren = async (parent: TaskCancellation): Promise<void> => {
  const { access, prefix, taskName, id, logger } = parent;
  const queueKey = toQueueKey(prefix, taskName);
  const children = await access.run((_queues, { client }) =>
    listUnendedChildren({ client, queueKey, jobId: id }),
  );
  const reason = `its parent ${taskName} ${id} was cancelled`;
  const cancelled = await Promise.all(
    children
      .unwrapOr([])
      .map(({ name, id }) => cancelTask({ ...parent, taskName: name, id, reason, onlyIn: undefined })),
  );
  const failure = children.isErr() ? children : cancelled.find(mayRun);
  if (failure?.isErr()) {
    const facts = { taskName, taskId: id, reason: failure.error.message };
    logger.warn('Children could not be cancelled; they run to their end', facts);
  }
};
