import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Queue } from 'bullmq';
import { type TaskCounts } from '../domain/TaskCounts';
import { TASK_SETS, type TaskSet, toSetKeys } from './StoredTask';

/** One script, so that a task that moves meanwhile is counted once. */
const COUNT = `
local counts = {}
for index, key in ipairs(KEYS) do
  if index <= 6 then counts[index] = redis.call('ZCARD', key) else counts[index] = redis.call('LLEN', key) end
end
return counts`;

/** Counts a queue's tasks, all at the same moment. */
export const countTasks = async (client: RedisClient, queue: Queue): Promise<TaskCounts> => {
  const keys = toSetKeys(queue);
  const counts = (await client.eval(COUNT, keys.length, ...keys)) as number[]; // one for each key
  const count = (set: TaskSet): number => counts[TASK_SETS.indexOf(set)] ?? 0;
  return {
    pending: count('wait') + count('paused') + count('prioritized') + count('waiting-children'),
    scheduled: count('delayed'),
    running: count('active'),
    completed: count('completed'),
    failed: count('failed'),
    cancelled: count('cancelled'),
  };
};
