import { err, type Result } from 'neverthrow';
import { type CancelError } from '../domain/CancelError';
import { checkWait } from '../domain/HandleCall';
import { type FoundHandle, type TaskHandle, type TaskWaitOptions } from '../domain/TaskHandle';
import { type TaskRecord } from '../domain/TaskRecord';
import { type TaskResultError } from '../domain/TaskResultError';
import { type TaskStatus } from '../domain/TaskStatus';
import { answerEvents, createForwardedEvents } from './ForwardedEvents';
import { type Ask, type RemoteWork } from './Link';
import { fromRecordCopy } from './RecordCopy';
import { fromResultCopy, toResultCopy } from './ResultCopy';

/** The parts of a handle that are data. */
export type HandleFacts = Pick<TaskHandle, 'id' | 'taskName' | 'correlationId' | 'disposition'>;

/** A handle in the process of an isolated attempt: the worker does what its methods say. */
class ForwardedTask<Output> implements TaskHandle<Output> {
  readonly id: HandleFacts['id'];
  readonly taskName: HandleFacts['taskName'];
  readonly correlationId: HandleFacts['correlationId'];
  readonly disposition: HandleFacts['disposition'];
  readonly #ask: Ask;

  constructor({ id, taskName, correlationId, disposition }: HandleFacts, ask: Ask) {
    this.id = id;
    this.taskName = taskName;
    this.correlationId = correlationId;
    this.disposition = disposition;
    this.#ask = (args, work) => {
      const [method, ...given] = args;
      return ask([method, { id, taskName }, ...given], work);
    };
  }

  async status() {
    return fromResultCopy<TaskStatus, TaskResultError>(await this.#ask(['status']));
  }

  async progress() {
    return fromResultCopy<unknown, TaskResultError>(await this.#ask(['progress']));
  }

  async result(options: TaskWaitOptions = {}): Promise<Result<Output, TaskResultError>> {
    const wait = checkWait(this.taskName, options);
    if (wait.isErr()) return err(wait.error);
    return fromResultCopy<Output, TaskResultError>(await this.#ask(['result', wait.value]));
  }

  async cancel(reason?: string) {
    const args = reason === undefined ? ['cancel'] : ['cancel', reason];
    return fromResultCopy<unknown, CancelError>(await this.#ask(args)).map(
      (record): TaskRecord => fromRecordCopy(record),
    );
  }

  events(options: TaskWaitOptions = {}) {
    return createForwardedEvents(this.#ask, checkWait(this.taskName, options));
  }
}

/** Creates the handle of a task that the worker has scheduled. */
export const createForwardedHandle = <Output>(facts: HandleFacts, ask: Ask): TaskHandle<Output> =>
  new ForwardedTask<Output>(facts, ask);

/** Does in the worker what the process of an attempt asks of a handle. */
export const answerHandle = async (
  handle: FoundHandle,
  [method, given]: readonly unknown[],
  work: RemoteWork,
): Promise<unknown> => {
  switch (method) {
    case 'status':
      return toResultCopy(await handle.status());
    case 'progress':
      return toResultCopy(await handle.progress());
    case 'result':
      return toResultCopy(await handle.result(given as TaskWaitOptions)); // checked by the other end, and again
    case 'cancel':
      return toResultCopy(await handle.cancel(given as string | undefined)); // checked by the handle
    case 'events':
      return answerEvents(handle.events(given as TaskWaitOptions), work);
    default:
      throw new Error(`an isolated attempt asked a handle for ${String(method)}, which it does not do`);
  }
};
