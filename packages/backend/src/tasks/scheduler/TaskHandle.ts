import { type CorrelationId } from '@core/domain/CorrelationId';
import { type TaskId } from '../domain/TaskId';

declare const outputType: unique symbol;

/**
 * What a scheduling call did.
 *
 * - `created`: a new task.
 * - `duplicate`: nothing; a task with an equal idempotency key or unique tag stands for it.
 * - `replaced`: gave the task that waits under an equal debounce key the new payload.
 */
export type Disposition = 'created' | 'duplicate' | 'replaced';

/** A receipt: the task is on the queue and will run at least once. */
export interface TaskHandle<Output = unknown> {
  /** Of the task that will run: with `duplicate` and `replaced` the one that was there before. */
  readonly id: TaskId;
  /** The definition's `queueName`. */
  readonly taskName: string;
  /** Of the call; a task that was there before keeps its own, unless the call replaced its payload. */
  readonly correlationId: CorrelationId;
  readonly disposition: Disposition;
  /** Only for the compiler: the type of the value the task will carry. */
  readonly [outputType]?: Output;
}
