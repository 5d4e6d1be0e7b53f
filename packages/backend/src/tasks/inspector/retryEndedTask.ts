import { type AppConfig } from '@backend/config/AppConfig';
import { err, ok, type Result } from 'neverthrow';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { findRetriable, type TaskPlace } from '../queue/findRetriable';
import { type QueueAccess } from '../queue/QueueAccess';
import { retryTask, type TaskRetry } from '../queue/retryTask';
import { InspectorError } from './InspectorError';

interface EndedTaskRetry {
  readonly access: QueueAccess;
  readonly appConfig: AppConfig;
  /** The definitions in whose queues is looked. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly id: TaskId;
  /** Retries what was retried before, as one more task. Default: false. */
  readonly force?: boolean;
}

/**
 * Does a failed or cancelled task again, as a new task that names the old one; of many calls one makes a task.
 *
 * @returns The id of the new task. Errors: `not-found`, `not-retriable`, `already-retried`, and `queue-unavailable`,
 *   after which the next call goes on with what was begun.
 */
export const retryEndedTask = async (retry: EndedTaskRetry): Promise<Result<TaskId, InspectorError>> => {
  const { access, appConfig, tasks, id } = retry;
  const place = await access.run((queues, { client }) =>
    findRetriable({ client, queues, prefix: appConfig.queuePrefix, tasks, id }),
  );
  if (place.isErr()) return err(toUnavailable(place.error));
  const found = place.value;
  if (found === undefined) return err(toNotFound(id));
  if (found.status !== 'failed' && found.status !== 'cancelled') return err(toNotRetriable(id, found));
  const retried = await retryTask({ ...retry, task: found.task, isForced: retry.force ?? false });
  return retried.mapErr(toUnavailable).andThen((answer) => toResult(id, answer));
};

const toResult = (id: TaskId, answer: TaskRetry): Result<TaskId, InspectorError> => {
  switch (answer.kind) {
    case 'retried':
      return ok(answer.id);
    case 'already-retried':
      return err(
        new InspectorError(
          `expected the task ${JSON.stringify(id)} not to be retried yet, got one that was retried as ${JSON.stringify(answer.retriedAs)}; with force: true it is retried once more`,
          'already-retried',
        ),
      );
    case 'absent':
      return err(toNotFound(id));
  }
};

const toNotFound = (id: TaskId): InspectorError =>
  new InspectorError(`no registered queue holds the task ${JSON.stringify(id)}`, 'not-found');

const toNotRetriable = (id: TaskId, { task: { queueName }, status }: TaskPlace): InspectorError =>
  new InspectorError(
    `expected the task ${JSON.stringify(id)} (${queueName}) to be failed or cancelled, got one that is ${status}`,
    'not-retriable',
  );

const toUnavailable = (error: Error): InspectorError =>
  new InspectorError(`Redis does not answer: ${error.message}`, 'queue-unavailable', { cause: error });
