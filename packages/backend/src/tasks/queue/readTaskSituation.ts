import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Queue } from 'bullmq';
import { isJobId, READ_TASK, type StoredTask, type TaskReply, toSetKeys, toStoredTask } from './StoredTask';

/** A task, and what holds tasks of its queue back; all of the same moment. */
export interface TaskSituation {
  readonly task: StoredTask;
  readonly isPaused: boolean;
  /** Tasks that run. */
  readonly runningCount: number;
  /** Tasks that may run at the same time, over all workers; absent without a limit. */
  readonly maxConcurrency?: number;
  /** Starts that a period of the rate limit allows, as the queue says; absent when it does not. */
  readonly maxStarts?: number;
  /** Starts in the period that goes on. */
  readonly startCount: number;
  /** Milliseconds until the next period; 0 when none goes on. */
  readonly periodEndsInMs: number;
  /** Tasks that a worker takes before this one; absent unless it waits for a worker. */
  readonly aheadCount?: number;
}

/** Workers take from the end of `wait` first, then the lowest score of `prioritized`. */
const READ_SITUATION = `${READ_TASK}
local id, job, meta, limiter = ARGV[1], KEYS[#sets + 1], KEYS[#sets + 2], KEYS[#sets + 3]
local task = readTask(id, job)
if not task then return false end
local ahead = false
local waitCount = redis.call('LLEN', KEYS[8])
if task[1] == 'prioritized' then ahead = waitCount + redis.call('ZRANK', KEYS[5], id) end
if task[1] == 'wait' then ahead = waitCount - 1 - tonumber(task[2]) end
local starts = redis.call('GET', limiter) or '0'
return {
  task, redis.call('HMGET', meta, 'paused', 'concurrency', 'max'), redis.call('LLEN', KEYS[7]),
  starts, redis.call('PTTL', limiter), ahead
}`;

type SituationReply = readonly [
  task: TaskReply,
  meta: readonly [paused: string | null, concurrency: string | null, max: string | null],
  runningCount: number,
  startCount: string,
  periodEndsInMs: number,
  aheadCount: number | null,
];

interface SituationRead {
  readonly client: RedisClient;
  readonly queue: Queue;
  readonly id: string;
}

/** Reads the situation of one task; `undefined` when its queue does not hold it. */
export const readTaskSituation = async ({
  client,
  queue,
  id,
}: SituationRead): Promise<TaskSituation | undefined> => {
  if (!isJobId(queue, id)) return undefined;
  const keys = [...toSetKeys(queue), ...[id, 'meta', 'limiter'].map((name) => queue.toKey(name))];
  const reply = (await client.eval(READ_SITUATION, keys.length, ...keys, id)) as SituationReply | null; // what the script returns
  if (reply === null) return undefined;
  const [found, [paused, concurrency, max], runningCount, startCount, periodEndsInMs, aheadCount] = reply;
  const task = toStoredTask(id, found);
  if (task === undefined) return undefined;
  return {
    task,
    isPaused: paused !== null,
    runningCount,
    ...(concurrency === null ? {} : { maxConcurrency: Number(concurrency) }),
    ...(max === null ? {} : { maxStarts: Number(max) }),
    startCount: Number(startCount),
    periodEndsInMs: Math.max(0, periodEndsInMs),
    ...(aheadCount === null ? {} : { aheadCount }),
  };
};
