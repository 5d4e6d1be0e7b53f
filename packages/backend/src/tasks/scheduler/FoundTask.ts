import { type AppConfig } from '@backend/config/AppConfig';
import { guardedLogger } from '@backend/logger/guardedLogger';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { CancelError } from '../domain/CancelError';
import { checkWait, handleProblems, toInvalidCall } from '../domain/HandleCall';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskEnd, type TaskName, toRemoved, toTaskResult } from '../domain/TaskEnd';
import {
  type FoundHandle,
  type TaskEvent,
  type TaskHandle,
  type TaskWaitOptions,
} from '../domain/TaskHandle';
import { type TaskId } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskResultError } from '../domain/TaskResultError';
import { progressOf, type TaskSighting } from '../domain/TaskSighting';
import { type TaskStatus } from '../domain/TaskStatus';
import { describeAccessFailure } from '../queue/AccessFailure';
import { cancelTask } from '../queue/cancelTask';
import { createQueueAccess } from '../queue/QueueAccess';
import { readSightings } from '../queue/SightedTask';
import { createTaskEnds } from '../queue/TaskEnds';
import { TasksDisabledError } from '../queue/TasksDisabledError';
import { toUnavailable, toWaitFailure } from './HandleFailure';
import { createTaskEvents } from './TaskEvents';

/** What handles reach the queues with. */
export interface HandleParts {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** A task as its handle knows it. */
interface HandledTask extends TaskName {
  /** Of its definition. */
  readonly maxAttempts: number | undefined;
}

/**
 * A class, so that a handle costs one object however many methods it has, and is printed as its data alone: a scheduling
 * call makes one for each task.
 */
class FoundTask<Output> implements FoundHandle<Output> {
  readonly id: TaskId;
  readonly taskName: string;
  readonly #maxAttempts: number | undefined;
  readonly #parts: HandleParts;
  readonly #problems: readonly string[];

  constructor({ id, taskName, maxAttempts }: HandledTask, parts: HandleParts, problems: readonly string[]) {
    this.id = id;
    this.taskName = taskName;
    this.#maxAttempts = maxAttempts;
    this.#parts = parts;
    this.#problems = problems;
  }

  async status(): Promise<Result<TaskStatus, TaskResultError>> {
    return (await this.#look()).map(({ status }) => status);
  }

  async progress(): Promise<Result<unknown, TaskResultError>> {
    return (await this.#look()).map(progressOf);
  }

  async result(options: TaskWaitOptions = {}): Promise<Result<Output, TaskResultError>> {
    const wait = this.#checkWait(options);
    if (wait.isErr()) return err(wait.error);
    const end = await createTaskEnds(this.#parts).wait(this.taskName, this.id, wait.value);
    return end
      .mapErr((error) => toWaitFailure(this, error, wait.value.timeoutMs))
      .andThen((ended: TaskEnd) => toTaskResult(this, ended)) as Result<Output, TaskResultError>; // the worker checked it
  }

  events(options: TaskWaitOptions = {}): AsyncIterable<TaskEvent> {
    return createTaskEvents({ task: this, wait: this.#checkWait(options), parts: this.#parts });
  }

  async cancel(reason?: string): Promise<Result<TaskRecord, CancelError>> {
    const checked = this.#check();
    if (checked.isErr()) return err(new CancelError(checked.error.message, { code: 'invalid-options' }));
    const { logger, appConfig } = this.#parts;
    return cancelTask({
      access: createQueueAccess(this.#parts),
      logger: guardedLogger(logger),
      prefix: appConfig.queuePrefix,
      taskName: this.taskName,
      id: this.id,
      reason,
      maxAttempts: this.#maxAttempts ?? appConfig.taskMaxAttempts,
    });
  }

  #check(): Result<void, TaskResultError> {
    return this.#problems.length === 0 ? ok() : err(toInvalidCall(this.taskName, this.#problems));
  }

  /** Whoever waits for a Redis that is not to be asked would wait for nothing. */
  #checkWait(options: TaskWaitOptions): Result<Required<TaskWaitOptions>, TaskResultError> {
    const wait = this.#check().andThen(() => checkWait(this.taskName, options));
    if (wait.isErr() || this.#parts.appConfig.tasksEnabled) return wait;
    const cause = new TasksDisabledError();
    return err(toUnavailable(this, { reason: cause.message, cause }));
  }

  async #look(): Promise<Result<TaskSighting, TaskResultError>> {
    const checked = this.#check();
    if (checked.isErr()) return err(checked.error);
    const seen = await createQueueAccess(this.#parts).run((queues) =>
      readSightings({ client: queues.client, queue: queues.get(this.taskName), ids: [this.id] }),
    );
    if (seen.isErr()) {
      return err(toUnavailable(this, { reason: describeAccessFailure(seen.error), cause: seen.error }));
    }
    const [sighting] = seen.value.tasks;
    return sighting === undefined ? err(toRemoved(this)) : ok(sighting);
  }
}

/** Creates the handle of a task that was scheduled earlier. Free: Redis is asked by its methods alone. */
export const createFoundHandle = <Output>(
  task: TaskDefinition<unknown, Output>,
  id: string,
  parts: HandleParts,
): FoundHandle<Output> =>
  new FoundTask<Output>(
    // Its methods refuse what is none.
    { id: id as TaskId, taskName: task?.queueName, maxAttempts: task?.options?.maxAttempts },
    parts,
    handleProblems(task as TaskDefinition<unknown>, id), // the checks run no handler
  );

/** Creates the handle of a task that a call has just put on the queue. Free. */
export const createTaskHandle = <Output>(
  {
    id,
    taskName,
    correlationId,
    disposition,
    maxAttempts,
  }: HandledTask & Pick<TaskHandle, 'correlationId' | 'disposition'>,
  parts: HandleParts,
): TaskHandle<Output> =>
  Object.assign(new FoundTask<Output>({ id, taskName, maxAttempts }, parts, []), {
    correlationId,
    disposition,
  });
