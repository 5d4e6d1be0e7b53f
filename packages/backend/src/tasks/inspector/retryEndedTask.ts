import { err, ok, type Result } from 'neverthrow';
import { showValue } from '../domain/numberRule';
import { type RetriedSteps, retryCallProblems } from '../domain/RetryCall';
import { type TaskId } from '../domain/TaskId';
import { type RecalledTask, recallEnded } from '../ledger/recallEnded';
import { retryTask, type TaskRetry } from '../ledger/retryTask';
import { findRetriable, RETRIABLE_STATUSES, type TaskPlace } from '../queue/findRetriable';
import { InspectorError } from './InspectorError';
import { type InspectorParts, toInspectorFailure, toNotFound } from './InspectorParts';

/** How a task is retried. */
export interface TaskRetryOptions {
  /** Retries what was retried before, as one more task. Default: false. */
  readonly force?: boolean;
  /** `keep`: the new task has the finished steps of the old one. `again`: it does them again. Default: `keep`. */
  readonly steps?: RetriedSteps;
}

interface EndedTaskRetry {
  readonly id: TaskId;
  readonly options: TaskRetryOptions;
}

/** Does a failed or cancelled task again; see `TaskInspector.retry`. */
export const retryEndedTask = async (
  parts: InspectorParts,
  { id, options }: EndedTaskRetry,
): Promise<Result<TaskId, InspectorError>> => {
  const problems = retryCallProblems(id, options);
  if (problems.length > 0) return err(new InspectorError(problems.join('; '), { code: 'invalid-query' }));
  const { access, logger, appConfig, registry, ledger } = parts;
  const { tasks } = registry;
  const { force: isForced = false, steps = 'keep' } = options;
  const place = await access.run((queues, { client }) =>
    findRetriable({ client, queues, prefix: appConfig.queuePrefix, tasks, id }),
  );
  if (place.isErr()) return err(toInspectorFailure(place.error));
  const recalled: Result<RecalledTask | undefined, Error> =
    place.value === undefined
      ? await recallEnded({ access, ledger, tasks, id, statuses: RETRIABLE_STATUSES, isForced })
      : place;
  if (recalled.isErr()) return err(toInspectorFailure(recalled.error));
  const found = recalled.value;
  if (found === undefined) return err(toNotFound(id));
  if (found.status !== 'failed' && found.status !== 'cancelled')
    return err(toNotRetriable(id, { taskName: found.task.queueName, status: found.status }));
  const { retriedAs } = found;
  if (retriedAs !== undefined) return toResult(id, { kind: 'already-retried', retriedAs });
  const retried = await retryTask({
    access,
    logger,
    appConfig,
    id,
    task: found.task,
    isForced,
    keepsSteps: steps === 'keep',
  });
  return retried.mapErr(toInspectorFailure).andThen((answer) => toResult(id, answer));
};

const toResult = (id: TaskId, answer: TaskRetry): Result<TaskId, InspectorError> => {
  switch (answer.kind) {
    case 'retried':
      return ok(answer.id);
    case 'already-retried':
      return err(
        new InspectorError(
          `expected the task ${showValue(id)} not to be retried yet, got one that was retried as ${showValue(answer.retriedAs)}; with force: true it is retried once more`,
          { code: 'already-retried', metadata: { retriedAs: answer.retriedAs } },
        ),
      );
    case 'absent':
      return err(toNotFound(id));
  }
};

interface OtherTask extends Pick<TaskPlace, 'status'> {
  readonly taskName: string;
}

const toNotRetriable = (id: TaskId, { taskName, status }: OtherTask): InspectorError =>
  new InspectorError(
    `expected the task ${showValue(id)} (${taskName}) to be failed or cancelled, got one that is ${status}`,
    { code: 'not-retriable', metadata: { status } },
  );
