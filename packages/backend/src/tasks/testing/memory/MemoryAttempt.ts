import { type TaskOutcome } from '../../domain/TaskOutcome';
import { type Delivery } from '../../queue/Delivery';
import { type TaskSlot } from '../../queue/JobSlots';
import { parseFailureStack, toFailureStack } from '../../queue/StoredFailure';
import { type AttemptEnd, type AttemptEnvironment } from '../../worker/Attempt';
import { logAttempt } from '../../worker/attemptLog';
import { cancelLeftChildren } from '../../worker/cancelLeftChildren';
import { runTask } from '../../worker/runTask';
import { type MemoryQueue } from './MemoryQueue';
import { createMemoryReport } from './MemoryReport';
import { type MemoryTask } from './MemoryTask';
import { toTestDelivery } from './toTestDelivery';

/** What an attempt in the testing kit needs. */
export interface MemoryAttempt {
  readonly queue: MemoryQueue;
  readonly task: MemoryTask;
  readonly environment: AttemptEnvironment;
  readonly slot: TaskSlot;
}

/** Runs one attempt as a worker does, and settles it. Never rejects. */
export const runMemoryAttempt = async ({ queue, task, environment, slot }: MemoryAttempt): Promise<void> => {
  const delivery = toDelivery(queue, task, slot);
  const end = await runTask(task.task, delivery, environment);
  settleAttempt(queue, task, end);
  logAttempt({
    logger: environment.logger,
    taskName: task.task.queueName,
    delivery,
    end,
    endedAtMs: environment.now().getTime(),
  });
  const { family, logger } = environment;
  await cancelLeftChildren({ family, logger, taskName: task.task.queueName, delivery, end });
};

const toDelivery = (queue: MemoryQueue, task: MemoryTask, slot: TaskSlot): Delivery =>
  toTestDelivery({
    taskId: task.id,
    data: task.envelope,
    attemptsMade: task.attemptsMade,
    scheduledAt: new Date(task.scheduledAtMs),
    delayMs: task.delayMs,
    report: createMemoryReport(queue, task),
    steps: task.steps,
    cancellation: task.cancellation,
    takenCount: task.takenCount,
    children: task.children,
    slot,
  });

/** The same rules as `settle` and BullMQ. */
const settleAttempt = (
  queue: MemoryQueue,
  task: MemoryTask,
  { outcome, attempt, hasBegun }: AttemptEnd,
): void => {
  const isPutBack = outcome.kind === 'snoozed' || outcome.kind === 'released';
  if (hasBegun && isPutBack) delete task.envelope.expiresAtMs;
  switch (outcome.kind) {
    case 'completed':
      task.attemptsMade = attempt;
      task.value = outcome.value ?? null;
      queue.end(task, 'completed');
      break;
    case 'retry':
      task.attemptsMade = attempt;
      task.isRetrying = true;
      task.error = toStoredError(outcome, attempt);
      queue.putBack(task, outcome.delayMs);
      break;
    case 'snoozed':
      queue.putBack(task, outcome.delayMs);
      break;
    case 'released':
      queue.putBack(task, 0);
      break;
    case 'cancelled':
      task.attemptsMade = attempt;
      queue.end(task, 'cancelled');
      break;
    case 'failed':
      task.attemptsMade = Math.max(1, attempt);
      task.error = toStoredError(outcome, attempt);
      queue.end(task, 'failed');
  }
};

type Failed = Extract<TaskOutcome, { readonly kind: 'retry' | 'failed' }>;

/** As it is kept with the task: metadata as JSON, a long message cut. */
const toStoredError = ({ error, ...outcome }: Failed, attempt: number) =>
  parseFailureStack(
    toFailureStack({ error, attempt, ...('reason' in outcome ? { reason: outcome.reason } : {}) }),
  );
