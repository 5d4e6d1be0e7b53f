import { err, ok, type Result } from 'neverthrow';
import { CancelError } from '../domain/CancelError';
import { checkWait, handleProblems, toInvalidCall } from '../domain/HandleCall';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { toTaskResult } from '../domain/TaskEnd';
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
import { TasksDisabledError } from '../queue/TasksDisabledError';
import { toUnavailable } from './HandleFailure';
import { type HandledTask, type HandlePort } from './HandlePort';
import { createTaskEvents } from './TaskEvents';

/**
 * A class, so that a handle costs one object however many methods it has, and is printed as its data alone: a scheduling
 * call makes one for each task.
 */
class FoundTask<Output> implements FoundHandle<Output> {
  readonly id: TaskId;
  readonly taskName: string;
  readonly #maxAttempts: number | undefined;
  readonly #port: HandlePort;
  readonly #problems: readonly string[];

  constructor({ id, taskName, maxAttempts }: HandledTask, port: HandlePort, problems: readonly string[]) {
    this.id = id;
    this.taskName = taskName;
    this.#maxAttempts = maxAttempts;
    this.#port = port;
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
    const end = await this.#port.waitForEnd(this, wait.value.timeoutMs);
    return end.andThen((ended) => toTaskResult(this, ended)) as Result<Output, TaskResultError>; // the worker checked it
  }

  events(options: TaskWaitOptions = {}): AsyncIterable<TaskEvent> {
    return createTaskEvents({ task: this, wait: this.#checkWait(options), port: this.#port });
  }

  async cancel(reason?: string): Promise<Result<TaskRecord, CancelError>> {
    const checked = this.#check();
    if (checked.isErr()) return err(new CancelError(checked.error.message, { code: 'invalid-options' }));
    const { id, taskName } = this;
    return this.#port.cancel({ id, taskName, maxAttempts: this.#maxAttempts }, reason);
  }

  #check(): Result<void, TaskResultError> {
    return this.#problems.length === 0 ? ok() : err(toInvalidCall(this.taskName, this.#problems));
  }

  #checkWait(options: TaskWaitOptions): Result<Required<TaskWaitOptions>, TaskResultError> {
    const wait = this.#check().andThen(() => checkWait(this.taskName, options));
    if (wait.isErr() || this.#port.tasksEnabled) return wait;
    const cause = new TasksDisabledError();
    return err(toUnavailable(this, { reason: cause.message, cause }));
  }

  async #look(): Promise<Result<TaskSighting, TaskResultError>> {
    const checked = this.#check();
    return checked.isErr() ? err(checked.error) : this.#port.look(this);
  }
}

/** Creates the handle of a task that was scheduled earlier. Free: the port is asked by its methods alone. */
export const createFoundHandle = <Output>(
  task: TaskDefinition<unknown, Output>,
  id: string,
  port: HandlePort,
): FoundHandle<Output> =>
  new FoundTask<Output>(
    // Its methods refuse what is none.
    { id: id as TaskId, taskName: task?.queueName, maxAttempts: task?.options?.maxAttempts },
    port,
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
  port: HandlePort,
): TaskHandle<Output> =>
  Object.assign(new FoundTask<Output>({ id, taskName, maxAttempts }, port, []), {
    correlationId,
    disposition,
  });
