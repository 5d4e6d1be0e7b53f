import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Queue } from 'bullmq';

/** What a task's handler has logged. */
export interface TaskLog {
  /** The newest lines, oldest first. */
  readonly lines: readonly string[];
  /** All lines that were logged so far, also those that are kept no more. */
  readonly count: number;
}

interface TaskLogRead {
  readonly client: RedisClient;
  readonly queue: Queue;
  readonly id: string;
}

/** BullMQ's list of lines, and our count of them. */
const READ = `
local lines = redis.call('LRANGE', KEYS[1], 0, -1)
return { lines, tonumber(redis.call('HGET', KEYS[2], 'logCount') or #lines) }`;

/** Reads what a task has logged; nothing when the queue holds no such task. Rejects when Redis does not answer. */
export const readTaskLog = async ({ client, queue, id }: TaskLogRead): Promise<TaskLog> => {
  const job = queue.toKey(id);
  const [lines, count] = (await client.eval(READ, 2, `${job}:logs`, job)) as [string[], number]; // what the script returns
  return { lines, count };
};
