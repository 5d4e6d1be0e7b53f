import { type CorrelationId } from '@core/domain/CorrelationId';
import { type TaskId } from '../domain/TaskId';

declare const outputType: unique symbol;

/** A receipt: the task is on the queue and will run at least once. */
export interface TaskHandle<Output = unknown> {
  readonly id: TaskId;
  /** The definition's `queueName`. */
  readonly taskName: string;
  readonly correlationId: CorrelationId;
  /** What the call did: `created` a new task. */
  readonly disposition: 'created';
  /** Only for the compiler: the type of the value the task will carry. */
  readonly [outputType]?: Output;
}
