import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { type CancelError } from '../domain/CancelError';
import { type TaskRecord } from '../domain/TaskRecord';
import { type CancelledJob } from '../queue/cancelJob';
import { toNotCancellable, toNotFound } from './CancelFailure';
import { type CancelledTask } from './TaskCancellation';

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
