import { type RedisClient } from '@backend/redis/createRedisClient';
import { type TaskId } from '../domain/TaskId';
import { toQueueKey } from './QueueName';
import { trimFinished } from './trimFinished';

/** A failed task, as the index of its queue names it. */
export interface FailedTask {
  readonly id: TaskId;
  readonly taskName: string;
  /** Milliseconds since 1970. */
  readonly failedAtMs: number;
}

/** The queue of one task name. */
export interface FailedTasksQuery {
  readonly client: RedisClient;
  readonly prefix: string;
  readonly taskName: string;
}

const toSetKey = ({ prefix, taskName }: FailedTasksQuery): string => `${toQueueKey(prefix, taskName)}:failed`;

/** Redis answers with ids and scores in turn. */
const toFailedTasks = (answer: readonly string[], taskName: string): FailedTask[] =>
  answer.flatMap((id, index) =>
    index % 2 === 0 ? [{ id: id as TaskId, taskName, failedAtMs: Number(answer[index + 1]) }] : [],
  );

/** Lists failed tasks, the newest failure first. */
export const listNewestFailed = async (
  query: FailedTasksQuery,
  { offset, count }: { readonly offset: number; readonly count: number },
): Promise<readonly FailedTask[]> => {
  const key = toSetKey(query);
  return toFailedTasks(
    await query.client.zrevrange(key, offset, `${offset + count - 1}`, 'WITHSCORES'),
    query.taskName,
  );
};

/** A part of the failed tasks, oldest first. */
export interface FailedRange {
  /** Milliseconds since 1970, both included. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How many of the first ones are left out. */
  readonly offset: number;
  readonly count: number;
}

/** Lists the tasks that failed in a time, the oldest failure first. */
export const listOldestFailed = async (
  query: FailedTasksQuery,
  { fromMs, toMs, offset, count }: FailedRange,
): Promise<readonly FailedTask[]> => {
  const key = toSetKey(query);
  return toFailedTasks(
    await query.client.zrangebyscore(key, fromMs, toMs, 'WITHSCORES', 'LIMIT', offset, count),
    query.taskName,
  );
};

/** Counts failed tasks. */
export const countFailed = (query: FailedTasksQuery): Promise<number> => query.client.zcard(toSetKey(query));

/** Deletes the oldest failed tasks that failed then or before; at most `TRIM_LIMIT`. Returns how many. */
export const purgeFailed = (
  { client, prefix, taskName }: FailedTasksQuery,
  endedByMs: number,
): Promise<number> =>
  trimFinished({ client, queueKey: toQueueKey(prefix, taskName), kind: 'failed', endedByMs });
