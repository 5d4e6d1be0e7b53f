import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { CancelError } from '../domain/CancelError';
import { cancelReasonProblem } from '../domain/CancelRequest';
import { showValue } from '../domain/numberRule';
import { isTaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { isTerminalStatus } from '../domain/TaskStatus';
import { accessFailureCode, describeAccessFailure } from '../queue/AccessFailure';
import { tellCancel, toCancelChannel } from '../queue/CancelChannel';
import { listUnendedChildren } from '../queue/ChildStore';
import { type CancelledJob, cancelJob, type UnfinishedSet } from '../queue/cancelJob';
import { type QueueAccess } from '../queue/QueueAccess';
import { toQueueKey } from '../queue/QueueName';
import { toTaskRecord } from '../queue/TaskRecordReader';
import { cancelInLedger } from './cancelInLedger';
import { type LedgerError } from './LedgerError';
import { readKeptEnd } from './readKeptEnd';
import { type TaskLedger } from './TaskLedger';

/** Which task is cancelled, and what for. */
export interface TaskCancellation {
  readonly access: QueueAccess;
  /** `QUEUE_PREFIX`. */
  readonly prefix: string;
  /** Where the task is written down too, unless the ledger is off. */
  readonly ledger: TaskLedger | undefined;
  /** Whether a cancellation must be written there (`LEDGER_REQUIRED`). */
  readonly ledgerRequired: boolean;
  /** Told what was changed. */
  readonly logger: ILogger;
  readonly taskName: string;
  readonly id: string;
  /** 1 to 1000 characters, kept with the task. */
  readonly reason?: string | undefined;
  /** Attempts of a task that does not say; for the record. */
  readonly maxAttempts: number;
  /**
   * Where on its queue it must be; elsewhere it is left as it is, which is `not-cancellable` unless it runs. Default: wherever a task
   * is that has not ended.
   */
  readonly onlyIn?: readonly UnfinishedSet[] | undefined;
}

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
  const { access, prefix, taskName, id, maxAttempts, onlyIn } = cancellation;
  const problem = cancelReasonProblem(cancellation.reason);
  if (problem !== undefined) return err(new CancelError(problem, { code: 'invalid-reason' }));
  const end = await readKeptEnd(cancellation);
  // A Redis that went back in time may have it among those that wait: its next worker acknowledges it without a run.
  if (end.kind === 'final') return err(toNotCancellable(end.record));
  const { reason } = end.kind === 'cancelled' ? { reason: undefined, ...end } : cancellation;
  const answer = await access.run(async (queues, { client }) => {
    const queue = queues.get(taskName);
    const channel = toCancelChannel(prefix);
    const job = { client, queue, id, reason, channel, nowMs: Date.now(), onlyIn };
    const { change, task } = await cancelJob(job);
    return { change, record: task === undefined ? undefined : toTaskRecord(task, { queue, maxAttempts }) };
  });
  if (answer.isErr()) {
    // Not to touch tasks is not to touch those of the ledger either.
    if (accessFailureCode(answer.error) === 'tasks-disabled') return err(toCancelFailure(answer.error));
    // Nobody knows where it is then.
    const inLedger = onlyIn === undefined ? await cancelKept(cancellation, { isLost: false }) : undefined;
    const isAnswered = inLedger !== undefined && !isUnavailable(inLedger);
    return isAnswered ? inLedger : err(toCancelFailure(answer.error));
  }
  const { change, record } = answer.value;
  if (record === undefined) return (await cancelKept(cancellation, { isLost: true })) ?? err(toNotFound(id));
  const answered = toChanged(id, { change, record }, cancellation.logger);
  // Whoever runs a task cancels its children when that ends; of one that waited nobody does. One that is cancelled already
  // may have been so by a call whose answer was lost, which got no further.
  if (record.status !== 'cancelled') return answered;
  const noted = await noteCancelled(cancellation, record);
  await cancelChildren(cancellation);
  if (noted.isOk() || !cancellation.ledgerRequired) return answered;
  return answered.andThen(({ record: { status } }) =>
    err(toUnnoted(`the task ${id} is cancelled on its queue`, noted.error, { status })),
  );
};

/** What is not written the reconciler finds in the queue, if Redis still has it then. */
const noteCancelled = async (
  { ledger }: TaskCancellation,
  { id, cancelReason: reason, endedAt = new Date() }: TaskRecord,
): Promise<Result<unknown, LedgerError>> =>
  ledger === undefined || !isTaskId(id)
    ? ok()
    : ledger.writer.cancel(id, { reason, nowMs: endedAt.getTime(), isIdle: true });

/** Cancels a task that no queue holds, or whose queue cannot be asked; nothing where the ledger says nothing of it. */
const cancelKept = async (
  { access, prefix, ledger, taskName, id, reason, logger }: TaskCancellation,
  { isLost }: { readonly isLost: boolean },
): Promise<Result<ChangedTask, CancelError> | undefined> => {
  const cancelled = await cancelInLedger({ ledger, taskName, id, reason, nowMs: Date.now(), isLost });
  if (cancelled.isErr()) return err(toUnnoted(`no queue holds the task ${id}`, cancelled.error));
  if (cancelled.value === undefined) return undefined;
  const { change, record } = cancelled.value;
  // A worker may run it all the same. That it is told is a help: what counts is written.
  if (isLost && change !== 'none')
    await access.run((_queues, { client }) => tellCancel(client, { prefix, taskName, taskId: id }));
  if (isTerminalStatus(record.status) || (isLost && record.cancelRequestedAt !== undefined))
    return toChanged(id, { change, record }, logger);
  return isLost ? err(toMoving(record)) : undefined;
};

/** A task after a call, and what that call has done to it. */
export interface ChangedTask extends Pick<CancelledJob, 'change'> {
  readonly record: TaskRecord;
}

const toChanged = (
  id: string,
  { change, record }: ChangedTask,
  logger: ILogger,
): Result<ChangedTask, CancelError> =>
  answerCancellation(id, { change, record }, logger).map((answered) => ({ change, record: answered }));

/** What a call has done to a task. */
export interface CancelledTask extends Pick<CancelledJob, 'change'> {
  /** The task after the call; `undefined` when there is none of this name. */
  readonly record: TaskRecord | undefined;
}

/** Tells the caller of a cancellation what became of it, and the log what was changed. */
export const answerCancellation = (
  id: string,
  { change, record }: CancelledTask,
  logger: ILogger,
): Result<TaskRecord, CancelError> => {
  if (record === undefined) return err(toNotFound(id));
  if (record.status !== 'cancelled' && record.status !== 'running') return err(toNotCancellable(record));
  logChange(logger, change, record);
  return ok(record);
};

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

/** Whether a task may run although it was to be cancelled: not when it has ended meanwhile, or its queue has cancelled it. */
export const mayRun = (cancelled: Result<TaskRecord, CancelError>): boolean => {
  if (cancelled.isOk()) return false;
  const { code, metadata } = cancelled.error;
  return (
    code === 'queue-unavailable' || (code === 'ledger-unavailable' && metadata['status'] !== 'cancelled')
  );
};

const isUnavailable = (cancelled: Result<unknown, CancelError>): boolean =>
  cancelled.isErr() && cancelled.error.code === 'ledger-unavailable';

/** The error for a Redis that is silent or refuses, or that is not asked. */
export const toCancelFailure = (error: Error): CancelError =>
  new CancelError(describeAccessFailure(error), { code: accessFailureCode(error), cause: error });

/** The error for a cancellation that the ledger was not told of: it may have the task run yet. */
const toUnnoted = (known: string, cause: LedgerError, metadata = {}): CancelError =>
  new CancelError(`${known}, and the ledger could not be told: ${cause.message}; call again`, {
    code: 'ledger-unavailable',
    metadata,
    cause,
  });

const toNotFound = (id: unknown): CancelError =>
  new CancelError(`no queue of this name holds the task ${showValue(id)}`, { code: 'not-found' });

/** The error for a task that begins or ends its attempts faster than it can be cancelled. */
const toMoving = ({ id, status }: TaskRecord): CancelError =>
  new CancelError(
    `no queue holds the task ${id}, which is ${status} in the ledger and goes on meanwhile; call again`,
    {
      code: 'queue-unavailable',
    },
  );

const toNotCancellable = ({ id, status }: TaskRecord): CancelError =>
  new CancelError(
    `expected a task that is pending, scheduled, retrying or running, got ${id}, which is ${status}`,
    { code: 'not-cancellable', metadata: { status } },
  );

const MESSAGES = {
  cancelled: 'Task cancelled',
  requested: 'Task is asked to stop',
  none: undefined,
} as const satisfies Record<CancelledJob['change'], string | undefined>;

const logChange = (logger: ILogger, change: CancelledJob['change'], record: TaskRecord): void => {
  const message = MESSAGES[change];
  const { id, name, correlationId, cancelReason } = record;
  if (message !== undefined)
    logger.info(message, { taskName: name, taskId: id, correlationId, reason: cancelReason });
};
