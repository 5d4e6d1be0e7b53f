import { type RedisClient } from '@backend/redis/createRedisClient';
import { type TaskDefinition } from '../domain/TaskDefinition';
import { type TaskId } from '../domain/TaskId';
import { type TaskStatus } from '../domain/TaskStatus';
import { toQueueKey } from './QueueName';
import { type TaskQueues } from './TaskQueues';
import { readTaskRecord } from './TaskRecordReader';

/** Where a task is, of which somebody wants to know whether it can be done again. */
export interface TaskPlace {
  readonly task: TaskDefinition<unknown>;
  readonly status: TaskStatus;
}

interface RetriableQuery {
  readonly client: RedisClient;
  readonly queues: TaskQueues;
  readonly prefix: string;
  /** The definitions in whose queues is looked. */
  readonly tasks: readonly TaskDefinition<unknown>[];
  readonly id: TaskId;
}

/** How a task has ended that can be done again. */
export const RETRIABLE_STATUSES = ['failed', 'cancelled'] as const;

/** One of `RETRIABLE_STATUSES`. */
export type RetriableStatus = (typeof RETRIABLE_STATUSES)[number];

/** Finds a task, first among those that failed or were cancelled; any text may be asked for. */
export const findRetriable = async (query: RetriableQuery): Promise<TaskPlace | undefined> => {
  const { tasks } = query;
  const finished = await Promise.all(tasks.map((task) => findFinished(query, task)));
  return finished.find((place) => place !== undefined) ?? findOther(query);
};

const findFinished = async (
  { client, prefix, id }: RetriableQuery,
  task: TaskDefinition<unknown>,
): Promise<TaskPlace | undefined> => {
  const queueKey = toQueueKey(prefix, task.queueName);
  const scores = await Promise.all(
    RETRIABLE_STATUSES.map((status) => client.zscore(`${queueKey}:${status}`, id)),
  );
  const status = RETRIABLE_STATUSES.find((_status, index) => scores[index] !== null);
  return status === undefined ? undefined : { task, status };
};

const findOther = async ({ client, queues, tasks, id }: RetriableQuery): Promise<TaskPlace | undefined> => {
  const places = await Promise.all(
    tasks.map(async (task): Promise<TaskPlace | undefined> => {
      const record = await readTaskRecord({ client, queue: queues.get(task.queueName), maxAttempts: 1 }, id);
      return record === undefined ? undefined : { task, status: record.status };
    }),
  );
  return places.find((place) => place !== undefined);
};
