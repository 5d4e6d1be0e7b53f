import { Queue } from 'bullmq';
import { type Redis } from 'ioredis';
import { type TaskSnapshot } from '../check/History';
import { type Contestant, type TaskViewer } from '../contestants/Contestant';

/** Reads Redis past every library, and cleans up as an operator would. */
export interface QueueReader {
  /** Which of these tasks have ended, and which have not; a task that Redis does not know is in neither list. */
  sortByEnd(
    taskIds: readonly string[],
  ): Promise<{ readonly ended: readonly string[]; readonly unfinished: readonly string[] }>;
  /** How many tasks have not ended, over all lists and sets. */
  countUnfinished(): Promise<number>;
  /** Undefined when Redis does not know the task. */
  read(taskId: string): Promise<TaskSnapshot | undefined>;
  /** Every key, after the tasks that ended have been deleted. */
  listKeysWithoutEnded(): Promise<readonly string[]>;
  /** Every key that names a task, with what it holds: for a report. */
  describeTask(taskId: string): Promise<string>;
}

/** No worker's clock is further ahead; milliseconds. */
const MAX_CLOCK_AHEAD_MS = 24 * 60 * 60 * 1000;

const LISTS = ['wait', 'active', 'paused'] as const;
const UNFINISHED_SETS = ['prioritized', 'delayed'] as const;
const SETS = [...UNFINISHED_SETS, 'completed', 'failed', 'cancelled'] as const;

/** Creates the reader of one contestant's queue. */
export const createQueueReader = (
  redis: Redis,
  { prefix, queueName }: Contestant,
  viewer: TaskViewer | undefined,
): QueueReader => {
  const base = `${prefix}:${queueName}`;
  const findHomes = async (taskId: string): Promise<readonly string[]> => {
    const inLists = await Promise.all(
      LISTS.map(async (name) => (await redis.lpos(`${base}:${name}`, taskId)) !== null),
    );
    const inSets = await Promise.all(
      SETS.map(async (name) => (await redis.zscore(`${base}:${name}`, taskId)) !== null),
    );
    return [...LISTS.filter((_, index) => inLists[index]), ...SETS.filter((_, index) => inSets[index])];
  };
  return {
    sortByEnd: async (taskIds) => {
      const pipeline = redis.pipeline();
      for (const id of taskIds) pipeline.hmget(`${base}:${id}`, 'timestamp', 'finishedOn');
      const replies = (await pipeline.exec()) ?? [];
      const fields = replies.map(([, reply]) => (Array.isArray(reply) ? reply : []));
      return {
        ended: taskIds.filter((_, index) => fields[index]?.[1] != null),
        unfinished: taskIds.filter((_, index) => fields[index]?.[0] != null && fields[index]?.[1] == null),
      };
    },
    countUnfinished: async () => {
      const inLists = await Promise.all(LISTS.map((name) => redis.llen(`${base}:${name}`)));
      const inSets = await Promise.all(UNFINISHED_SETS.map((name) => redis.zcard(`${base}:${name}`)));
      return [...inLists, ...inSets].reduce((sum, count) => sum + count, 0);
    },
    read: async (taskId) => {
      const homes = await findHomes(taskId);
      const fields: Record<string, string> = await redis.hgetall(`${base}:${taskId}`);
      if (Object.keys(fields).length === 0 && homes.length === 0) return undefined;
      return {
        homes,
        attemptsMade: Number(fields['atm'] ?? 0),
        crashCount: Number(fields['stc'] ?? 0),
        value: fields['returnvalue'],
        failedReason: fields['failedReason'],
        finishedOnMs: fields['finishedOn'] === undefined ? undefined : Number(fields['finishedOn']),
        view: await viewer?.view(taskId),
      };
    },
    listKeysWithoutEnded: async () => {
      const { host, port } = redis.options;
      const queue = new Queue(queueName, {
        prefix,
        connection: { host, port } as const,
        skipMetasUpdate: true,
      });
      // Ended whenever, also by a worker whose clock is ahead.
      await queue.clean(-MAX_CLOCK_AHEAD_MS, 0, 'completed');
      await queue.clean(-MAX_CLOCK_AHEAD_MS, 0, 'failed');
      await queue.close();
      // Drover's own set, which BullMQ does not know.
      for (const id of await redis.zrange(`${base}:cancelled`, 0, '-1')) await redis.del(`${base}:${id}`);
      await redis.del(`${base}:cancelled`);
      return (await redis.keys('*')).toSorted();
    },
    describeTask: async (taskId) => {
      const hash = await redis.hgetall(`${base}:${taskId}`);
      const homes = await findHomes(taskId);
      const lock = await redis.get(`${base}:${taskId}:lock`);
      return JSON.stringify({ key: `${base}:${taskId}`, homes, lock, hash }, undefined, 2);
    },
  };
};
