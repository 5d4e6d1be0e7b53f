import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { err, ok, type Result } from 'neverthrow';
import { type DeadLetter } from '../domain/DeadLetter';
import { showValue } from '../domain/numberRule';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { type RecalledTask } from '../ledger/recallEnded';
import { retryTask, type TaskRetry } from '../ledger/retryTask';
import { type TaskPlace } from '../queue/findRetriable';
import { createQueueAccess } from '../queue/QueueAccess';
import { DeadLetterError, toLetterFailure } from './DeadLetterError';
import { type LetterContext } from './LetterContext';
import {
  checkCountCall,
  checkListOptions,
  checkPurgeCall,
  checkRetryAllOptions,
  checkRetryCall,
  type LetterListOptions,
  type LetterPurgeOptions,
  type LetterRetryAllOptions,
  type LetterRetryOptions,
} from './LetterQuery';
import { purgeLetters } from './purgeLetters';
import { countLetters, findTask, listLetters, readLetter, recallLetter } from './readLetters';
import { type RetriedLetters, retryLetters } from './retryLetters';

/** The dead letters of the registered tasks, as far as Redis holds them. Nothing here throws; every error is a `DeadLetterError`. */
export interface DeadLetterQueue {
  /** Lists letters, the newest failure first. Errors: `invalid-query`, `unknown-task`, `queue-unavailable`. */
  list(options?: LetterListOptions): Promise<Result<readonly DeadLetter[], DeadLetterError>>;
  /** Reads one letter. Errors: `invalid-query`, `not-found`, `not-failed`, `queue-unavailable`. */
  get(id: TaskId): Promise<Result<DeadLetter, DeadLetterError>>;
  /**
   * Does a letter again as a new task, with the payload, correlation ID, owner, metadata, priority and overrides of the old
   * one and all its attempts, at once. The letter stays, and names the new task; of many calls one makes a task. One that Redis
   * has forgotten and the ledger keeps is a letter again, unless it was retried before and is not to be once more.
   *
   * @returns The id of the new task. Errors: those of `get`, `already-retried`, `ledger-unavailable`, `ledger-refused`,
   *   `ledger-schema`. After the `-unavailable` ones call again: what was begun goes on under the same id.
   */
  retry(id: TaskId, options?: LetterRetryOptions): Promise<Result<TaskId, DeadLetterError>>;
  /**
   * Retries every letter that has failed by now and was not retried yet, the oldest first.
   *
   * @returns How many. Errors: `invalid-query`, `unknown-task`, and `queue-unavailable`, `ledger-unavailable`, `ledger-refused`
   *   and `ledger-schema`, whose metadata says how many were retried before: the next call goes on with the rest.
   */
  retryAll(options?: LetterRetryAllOptions): Promise<Result<RetriedLetters, DeadLetterError>>;
  /**
   * Deletes the letters that failed at least so long ago, for good.
   *
   * @param olderThanMs Milliseconds; 0 (all) to 10 years.
   * @returns How many. Errors: `invalid-query`, `unknown-task`, and `queue-unavailable`, whose metadata says how many
   *   were deleted before.
   */
  purge(olderThanMs: number, options?: LetterPurgeOptions): Promise<Result<number, DeadLetterError>>;
  /** Counts letters, of one task or of all, those that were retried included. Errors: `invalid-query`, `unknown-task`, `queue-unavailable`. */
  count(name?: string): Promise<Result<number, DeadLetterError>>;
}

/** What a dead letter queue is made of. */
export interface DeadLetterQueueOptions {
  /** The registry: `tasks` of `tasks.config.ts`. Letters of other tasks are not seen. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/**
 * Creates access to the dead letters, on the connection that the schedulers of the process share.
 *
 * @throws TaskRegistryError when the list of tasks is wrong.
 */
export const createDeadLetterQueue = (options: DeadLetterQueueOptions): DeadLetterQueue => {
  const registry = createTaskRegistry(options.tasks);
  const { logger, appConfig } = options;
  const all: LetterContext = { access: createQueueAccess(options), logger, appConfig, tasks: registry.tasks };
  const select = (name: string | undefined): Result<LetterContext, DeadLetterError> =>
    name === undefined
      ? ok(all)
      : registry
          .get(name)
          .map((task) => ({ ...all, tasks: [task] }))
          .mapErr(({ message }) => new DeadLetterError(message, { code: 'unknown-task' }));
  return {
    list: async (given = {}) => {
      const selected = checkListOptions(given).andThen(({ name }) => select(name));
      if (selected.isErr()) return err(selected.error);
      const { limit = 100, offset = 0 } = given;
      return (await listLetters(selected.value, { limit, offset })).mapErr(toLetterFailure);
    },
    get: async (id) => {
      const found = await findLetter(all, id);
      if (found.isErr()) return err(found.error);
      const letter = (await readLetter(all, found.value.task, id)).mapErr(toLetterFailure);
      return letter.andThen((read) => (read === undefined ? err(toNotFound(id)) : ok(read)));
    },
    retry: async (id, given = {}) => {
      const found = await findLetter(all, id, { options: given, isRecalled: true });
      if (found.isErr()) return err(found.error);
      const { task, retriedAs } = found.value;
      if (retriedAs !== undefined) return err(toAlreadyRetried(id, retriedAs));
      const { force: isForced = false, steps = 'keep' } = given;
      const retry = { ...all, task, id, isForced, keepsSteps: steps === 'keep' };
      return (await retryTask(retry)).mapErr(toLetterFailure).andThen((answer) => toRetried(id, answer));
    },
    retryAll: async (given = {}) => {
      const selected = checkRetryAllOptions(given).andThen(({ name }) => select(name));
      return selected.isErr() ? err(selected.error) : retryLetters(selected.value, given, Date.now());
    },
    purge: async (olderThanMs, given = {}) => {
      const selected = checkPurgeCall(olderThanMs, given).andThen(({ name }) => select(name));
      return selected.isErr() ? err(selected.error) : purgeLetters(selected.value, Date.now() - olderThanMs);
    },
    count: async (name) => {
      const selected = checkCountCall(name).andThen(select);
      return selected.isErr()
        ? err(selected.error)
        : (await countLetters(selected.value)).mapErr(toLetterFailure);
    },
  };
};

interface LetterCall {
  readonly options?: LetterRetryOptions;
  /** Whether a letter that Redis has forgotten is put back. Default: false. */
  readonly isRecalled?: boolean;
}

/** Checks the call, then finds the letter that it is about. */
const findLetter = async (
  context: LetterContext,
  id: TaskId,
  { options = {}, isRecalled = false }: LetterCall = {},
): Promise<Result<RecalledTask, DeadLetterError>> => {
  const checked = checkRetryCall(id, options);
  if (checked.isErr()) return err(checked.error);
  const found = await findTask(context, id);
  const isForgotten = isRecalled && found.isOk() && found.value === undefined;
  const { force: isForced = false } = options;
  const letter: Result<RecalledTask | undefined, Error> = isForgotten
    ? await recallLetter(context, id, isForced)
    : found;
  return letter.mapErr(toLetterFailure).andThen((place) => {
    if (place === undefined) return err(toNotFound(id));
    return place.status === 'failed' ? ok(place) : err(toNotFailed(id, place));
  });
};

const toRetried = (id: TaskId, answer: TaskRetry): Result<TaskId, DeadLetterError> => {
  switch (answer.kind) {
    case 'retried':
      return ok(answer.id);
    case 'already-retried':
      return err(toAlreadyRetried(id, answer.retriedAs));
    case 'absent':
      return err(toNotFound(id));
  }
};

const toNotFound = (id: TaskId): DeadLetterError =>
  new DeadLetterError(`no registered queue holds the task ${showValue(id)}`, { code: 'not-found' });

const toNotFailed = (id: TaskId, { task: { queueName }, status }: TaskPlace): DeadLetterError =>
  new DeadLetterError(
    `expected the task ${showValue(id)} (${queueName}) to be failed, got one that is ${status}`,
    { code: 'not-failed', metadata: { status } },
  );

const toAlreadyRetried = (id: TaskId, retriedAs: TaskId): DeadLetterError =>
  new DeadLetterError(
    `expected the task ${showValue(id)} not to be retried yet, got one that was retried as ${showValue(retriedAs)}; with force: true it is retried once more`,
    { code: 'already-retried', metadata: { retriedAs } },
  );
