import { type RedisClient } from '@backend/redis/createRedisClient';
import { type TaskId } from '../domain/TaskId';
import { cancelJob } from './CancelledTasks';
import { listUnendedChildren } from './ChildStore';
import { type TaskQueues } from './TaskQueues';

interface FamilyCancellation {
  readonly client: RedisClient;
  readonly queues: TaskQueues;
  readonly taskName: string;
  readonly id: TaskId;
  /** 1 to 1000 characters. */
  readonly reason: string;
}

/**
 * Cancels the children that a task has written down and has not heard the end of, and theirs. A child that runs is left to
 * the worker that has it.
 */
export const cancelChildrenOf = async ({ id, taskName, ...rest }: FamilyCancellation): Promise<void> => {
  const { client, queues } = rest;
  const queueKey = queues.get(taskName).toKey('').slice(0, -1);
  const children = await listUnendedChildren({ client, queueKey, jobId: id });
  await Promise.all(children.map((child) => cancelFamily({ ...rest, id: child.id, taskName: child.name })));
};

/** Cancels a task that waits for a worker, and its children. */
export const cancelFamily = async (family: FamilyCancellation): Promise<void> => {
  const { client, queues, taskName, id, reason } = family;
  const { isCancelled } = await cancelJob({
    client,
    queue: queues.get(taskName),
    id,
    reason,
    nowMs: Date.now(),
  });
  // Whoever runs a task cancels its children when that ends; of one that waited nobody does.
  if (isCancelled) await cancelChildrenOf(family);
};
