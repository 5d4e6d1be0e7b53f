import { type RedisClient } from '@backend/redis/createRedisClient';
import { countTasks } from './countTasks';
import { type TaskQueues } from './TaskQueues';

/** A set of the names of all tasks that were ever scheduled; its braces keep it in one slot of a cluster. */
const toNamesKey = (prefix: string): string => `${prefix}:{tasks}`;

/**
 * Notes that tasks of a name are scheduled, so that a name without a definition is noticed. One command for each name
 * of a process; its failure costs a warning later, never a task.
 */
export const rememberTaskName = (client: RedisClient, prefix: string, taskName: string): void => {
  client.sadd(toNamesKey(prefix), taskName).catch(() => undefined);
};

/** Lists the names of all tasks that were ever scheduled, in no order. Rejects when Redis does not answer. */
export const listRememberedNames = (client: RedisClient, prefix: string): Promise<string[]> =>
  client.smembers(toNamesKey(prefix));

/** Tasks that nobody will run: no definition has their name. */
export interface UnregisteredTask {
  readonly taskName: string;
  /** Tasks that wait, are put off, or were running when their definition went. */
  readonly unfinishedCount: number;
}

interface UnregisteredTasksQuery {
  readonly client: RedisClient;
  readonly prefix: string;
  readonly queues: TaskQueues;
  /** Names that have a definition. */
  readonly taskNames: readonly string[];
}

/** Finds the names that have unfinished tasks and no definition, as after a rename. Rejects when Redis does not answer. */
export const findUnregisteredTasks = async ({
  client,
  prefix,
  queues,
  taskNames,
}: UnregisteredTasksQuery): Promise<readonly UnregisteredTask[]> => {
  const remembered = await listRememberedNames(client, prefix);
  const unknown = remembered.filter((name) => !taskNames.includes(name)).sort();
  const counted = await Promise.all(
    unknown.map(async (taskName) => {
      const { pending, scheduled, running } = await countTasks(client, queues.get(taskName));
      return { taskName, unfinishedCount: pending + scheduled + running };
    }),
  );
  return counted.filter(({ unfinishedCount }) => unfinishedCount > 0);
};
