import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { CancelError } from '../../domain/CancelError';
import { cancelReasonProblem } from '../../domain/CancelRequest';
import { checkWait, handleProblems, toInvalidCall } from '../../domain/HandleCall';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskName, toRemoved, toTaskResult } from '../../domain/TaskEnd';
import {
  type FoundHandle,
  type TaskEvent,
  type TaskHandle,
  type TaskWaitOptions,
} from '../../domain/TaskHandle';
import { type TaskId } from '../../domain/TaskId';
import { type TaskRecord } from '../../domain/TaskRecord';
import { type TaskResultError } from '../../domain/TaskResultError';
import { progressOf } from '../../domain/TaskSighting';
import { type TaskStatus } from '../../domain/TaskStatus';
import { answerCancellation } from '../../queue/cancelTask';
import { toTimedOut } from '../../scheduler/HandleFailure';
import { type ScheduleTarget, type TaskReceipt } from '../../scheduler/ScheduleTarget';
import { cancelMemoryTask } from './cancelMemoryTask';
import { createMemoryEvents } from './MemoryEvents';
import { type MemoryQueue } from './MemoryQueue';
import { toEnd, toSighting } from './MemorySighting';
import { hasEnded, type MemoryTask, toStatus } from './MemoryTask';
import { type MemoryWait } from './MemoryWait';

/** What the handles of a test work with. */
export interface MemoryHandleParts {
  readonly queue: MemoryQueue;
  readonly wait: MemoryWait;
  readonly logger: ILogger;
}

/** A class, so that a handle is printed and compared as its data alone. */
class MemoryHandle<Output> implements FoundHandle<Output> {
  readonly id: TaskId;
  readonly taskName: string;
  readonly #parts: MemoryHandleParts;
  readonly #problems: readonly string[];

  constructor({ id, taskName }: TaskName, parts: MemoryHandleParts, problems: readonly string[]) {
    this.id = id;
    this.taskName = taskName;
    this.#parts = parts;
    this.#problems = problems;
  }

  async status(): Promise<Result<TaskStatus, TaskResultError>> {
    return this.#find().map(toStatus);
  }

  async progress(): Promise<Result<unknown, TaskResultError>> {
    return this.#find().map((task) => progressOf(toSighting(task)));
  }

  async result(options: TaskWaitOptions = {}): Promise<Result<Output, TaskResultError>> {
    const found = this.#find().andThen((task) =>
      checkWait(this.taskName, options).map((wait) => ({ task, ...wait })),
    );
    if (found.isErr()) return err(found.error);
    const { task, timeoutMs } = found.value;
    const isOver = await this.#parts.wait.until(() => hasEnded(task), timeoutMs);
    if (!isOver) return err(toTimedOut(this, timeoutMs));
    return toTaskResult(this, toEnd(task)) as Result<Output, TaskResultError>; // the worker checked it
  }

  async cancel(reason?: string): Promise<Result<TaskRecord, CancelError>> {
    if (this.#problems.length > 0)
      return err(
        new CancelError(toInvalidCall(this.taskName, this.#problems).message, { code: 'invalid-options' }),
      );
    const problem = cancelReasonProblem(reason);
    if (problem !== undefined) return err(new CancelError(problem, { code: 'invalid-reason' }));
    const { queue, wait, logger } = this.#parts;
    const { taskName, id } = this;
    const cancelled = await cancelMemoryTask({ queue, taskName, id, reason, nowMs: wait.nowMs() });
    wait.wake();
    return answerCancellation(id, cancelled, logger);
  }

  events(options: TaskWaitOptions = {}): AsyncIterable<TaskEvent> {
    const found = this.#find().andThen((task) =>
      checkWait(this.taskName, options).map((wait) => ({ task, ...wait })),
    );
    return createMemoryEvents(this, found, this.#parts);
  }

  #find(): Result<MemoryTask, TaskResultError> {
    if (this.#problems.length > 0) return err(toInvalidCall(this.taskName, this.#problems));
    const task = this.#parts.queue.get(this.id);
    return task?.task.queueName === this.taskName ? ok(task) : err(toRemoved(this));
  }
}

/** Creates the handles of a test: for a call that has just scheduled a task, and for an id. */
export const createMemoryHandles = (
  parts: MemoryHandleParts,
): Pick<ScheduleTarget, 'toHandle' | 'findHandle'> => ({
  toHandle: <Output>({ id, taskName, correlationId, disposition }: TaskReceipt): TaskHandle<Output> =>
    Object.assign(new MemoryHandle<Output>({ id, taskName }, parts, []), { correlationId, disposition }),
  findHandle: <Payload, Output, Input>(
    task: TaskDefinition<Payload, Output, Input>,
    id: string,
  ): FoundHandle<Output> =>
    new MemoryHandle<Output>(
      { id: id as TaskId, taskName: task?.queueName }, // its methods refuse what is none
      parts,
      handleProblems(task as TaskDefinition<unknown>, id), // the checks run no handler
    ),
});
