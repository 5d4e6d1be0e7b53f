import { type CorrelationId } from '@core/domain/CorrelationId';
import { err, type Result } from 'neverthrow';
import { type Disposition, type TaskEvent, type TaskHandle } from '../domain/TaskHandle';
import { type TaskId } from '../domain/TaskId';
import { TaskResultError } from '../domain/TaskResultError';
import { type TaskStatus } from '../domain/TaskStatus';

/** What a scheduling call knows of the task that is on the queue. */
export interface TaskReceipt {
  readonly id: TaskId;
  readonly taskName: string;
  readonly correlationId: CorrelationId;
  readonly disposition: Disposition;
}

const notYet = (): TaskResultError =>
  new TaskResultError('handles do not ask Redis yet', { code: 'queue-unavailable' });

/** A class, so that a handle costs one object, however many methods it has, and shows its data alone. */
class QueuedTask<Output> implements TaskHandle<Output> {
  readonly id: TaskId;
  readonly taskName: string;
  readonly correlationId: CorrelationId;
  readonly disposition: Disposition;

  constructor({ id, taskName, correlationId, disposition }: TaskReceipt) {
    this.id = id;
    this.taskName = taskName;
    this.correlationId = correlationId;
    this.disposition = disposition;
  }

  async status(): Promise<Result<TaskStatus, TaskResultError>> {
    return err(notYet());
  }

  async result(): Promise<Result<Output, TaskResultError>> {
    return err(notYet());
  }

  async progress(): Promise<Result<unknown, TaskResultError>> {
    return err(notYet());
  }

  async *events(): AsyncGenerator<TaskEvent> {
    yield { error: notYet() };
  }
}

/** Creates the handle of a task that is on the queue. Free: Redis is asked by its methods alone. */
export const createTaskHandle = <Output>(receipt: TaskReceipt): TaskHandle<Output> =>
  new QueuedTask<Output>(receipt);
