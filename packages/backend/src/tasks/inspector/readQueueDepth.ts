import { err, type Result } from 'neverthrow';
import { showValue } from '../domain/numberRule';
import { sumTaskCounts, type TaskCounts } from '../domain/TaskCounts';
import { countTasks } from '../queue/countTasks';
import { InspectorError } from './InspectorError';
import { type InspectorParts, toInspectorFailure } from './InspectorParts';

/** Counts the tasks of one definition; without a name, of all. */
export const readQueueDepth = async (
  { registry, access }: InspectorParts,
  taskName: string | undefined,
): Promise<Result<TaskCounts, InspectorError>> => {
  if (taskName !== undefined && typeof taskName !== 'string') {
    const problem = `expected name to be the name of a task, got ${showValue(taskName)}`;
    return err(new InspectorError(problem, { code: 'invalid-query' }));
  }
  const named = taskName === undefined ? undefined : registry.get(taskName);
  if (named?.isErr()) return err(new InspectorError(named.error.message, { code: 'unknown-task' }));
  const names = taskName === undefined ? registry.tasks.map(({ queueName }) => queueName) : [taskName];
  const counted = await access.run((queues, { client }) =>
    Promise.all(names.map((name) => countTasks(client, queues.get(name)))),
  );
  return counted.map(sumTaskCounts).mapErr(toInspectorFailure);
};
