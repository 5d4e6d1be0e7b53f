import { type RedisClient } from '@backend/redis/createRedisClient';
import { ok, type Result } from 'neverthrow';
import { type TaskStatus } from '../domain/TaskStatus';
import { type QueueAccess } from './QueueAccess';
import { type TaskSet } from './StoredTask';

const WAITING = ['prioritized', 'wait', 'paused', 'waiting-children'] as const;

/** Where tasks of a status are. */
const SETS_OF: Readonly<Record<TaskStatus, readonly TaskSet[]>> = {
  pending: WAITING,
  scheduled: ['delayed'],
  running: ['active'],
  retrying: ['delayed', ...WAITING],
  completed: ['completed'],
  failed: ['failed'],
  cancelled: ['cancelled'],
};

/**
 * The way of a task, so that one that moves on meanwhile is met again further down. `active` comes twice, since a task
 * goes back from there.
 */
const READING_ORDER = [
  'active',
  'delayed',
  ...WAITING,
  'active',
  'completed',
  'failed',
  'cancelled',
] as const satisfies readonly TaskSet[];

/** Ids that one round trip asks a sorted set for, about. */
const SCAN_COUNT = 2000;

/** Short, since every task of ours has a priority: tasks that run or were recovered, and what other programs added. */
const isList = (set: TaskSet): boolean => set === 'active' || set === 'wait' || set === 'paused';

interface TaskIdListing {
  readonly access: QueueAccess;
  readonly taskName: string;
  readonly statuses: readonly TaskStatus[];
}

/**
 * Lists the ids of a queue's tasks that may have one of these statuses, each once, in no order. Reads ids alone, in many
 * round trips, each of which has the deadline of `access`: a task that stays where it is while they go on is in the list.
 */
export const listTaskIds = async ({
  access,
  taskName,
  statuses,
}: TaskIdListing): Promise<Result<readonly string[], Error>> => {
  const wanted = new Set(statuses.flatMap((status) => SETS_OF[status]));
  const ids = new Set<string>();
  for (const set of READING_ORDER.filter((each) => wanted.has(each))) {
    let cursor = '0';
    do {
      const step = await access.run((queues, { client }) =>
        readStep({ client, key: queues.get(taskName).toKey(set), isWhole: isList(set), cursor }),
      );
      if (step.isErr()) return step.map(() => []);
      for (const id of step.value.ids) ids.add(id);
      cursor = step.value.cursor;
    } while (cursor !== '0');
  }
  return ok([...ids]);
};

interface ReadStep {
  readonly client: RedisClient;
  readonly key: string;
  readonly isWhole: boolean;
  readonly cursor: string;
}

/** ZSCAN, and no ranges: what leaves the set meanwhile must not make others be skipped. */
const readStep = async ({ client, key, isWhole, cursor }: ReadStep) => {
  if (isWhole) return { ids: await client.lrange(key, 0, -1), cursor: '0' };
  const [next, members] = await client.zscan(key, cursor, 'COUNT', SCAN_COUNT);
  return { ids: members.filter((_, index) => index % 2 === 0), cursor: next };
};
