import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { findRetriable, type TaskPlace } from '../queue/findRetriable';
import { retryTask, type TaskRetry } from '../queue/retryTask';
import { InspectorError } from './InspectorError';
import { type InspectorParts, toNotFound, toUnavailable } from './InspectorParts';

interface EndedTaskRetry {
  readonly id: TaskId;
  /** Whether what was retried before is retried once more. */
  readonly isForced: boolean;
}

/** Does a failed or cancelled task again; see `TaskInspector.retry`. */
export const retryEndedTask = async (
  { access, appConfig, registry }: InspectorParts,
  { id, isForced }: EndedTaskRetry,
): Promise<Result<TaskId, InspectorError>> => {
  const place = await access.run((queues, { client }) =>
    findRetriable({ client, queues, prefix: appConfig.queuePrefix, tasks: registry.tasks, id }),
  );
  if (place.isErr()) return err(toUnavailable(place.error));
  const found = place.value;
  if (found === undefined) return err(toNotFound(id));
  if (found.status !== 'failed' && found.status !== 'cancelled') return err(toNotRetriable(id, found));
  const retried = await retryTask({ access, appConfig, id, task: found.task, isForced });
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

const toNotRetriable = (id: TaskId, { task: { queueName }, status }: TaskPlace): InspectorError =>
  new InspectorError(
    `expected the task ${JSON.stringify(id)} (${queueName}) to be failed or cancelled, got one that is ${status}`,
    'not-retriable',
  );
