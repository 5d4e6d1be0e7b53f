import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Queue } from 'bullmq';
import { type TaskRecord } from '../domain/TaskRecord';
import { READ_TASK, type TaskReply, toSetKeys, toStoredTask } from './StoredTask';
import { toTaskRecord } from './TaskRecordReader';

/** Where a queue has a task. */
export type QueuePlace =
  /** Nowhere: it was never there, is deleted, or lost. */
  | { readonly kind: 'absent' }
  /** It waits, or runs. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'ended'; readonly record: TaskRecord; readonly workerId: string | undefined };

/** Of one that has ended all is read at the same moment: the next one, it may be deleted. The others are read no further. */
const LOCATE_TASKS = `${READ_TASK}
local function isHeld(id, first, last)
  for index = first, last do
    if index <= 6 then
      if redis.call('ZSCORE', KEYS[index], id) then return true end
    elseif redis.call('LPOS', KEYS[index], id) then return true end
  end
  return false
end
local found = {}
for index, id in ipairs(ARGV) do
  local job = KEYS[#sets + index]
  if isHeld(id, 1, 3) then found[index] = readTask(id, job)
  else found[index] = isHeld(id, 4, #sets) and redis.call('EXISTS', job) == 1 and 1 end
end
return found`;

/** Attempts are no part of what is read here. */
const ANY_ATTEMPTS = 1;

interface TasksLocation {
  readonly client: RedisClient;
  readonly queue: Queue;
  readonly ids: readonly string[];
}

/**
 * Says of tasks of one queue where they are, in their order and all at the same moment: at most a few hundred at a time.
 * Rejects when Redis does not answer, or refuses.
 */
export const locateTasks = async ({ client, queue, ids }: TasksLocation): Promise<readonly QueuePlace[]> => {
  if (ids.length === 0) return [];
  const keys = [...toSetKeys(queue), ...ids.map((id) => queue.toKey(id))];
  const replies = await client.eval(LOCATE_TASKS, keys.length, ...keys, ...ids);
  const found = replies as readonly (TaskReply | 1)[]; // what the script returns
  return ids.map((id, index) => toPlace(queue, id, found[index] ?? null));
};

const ABSENT: QueuePlace = { kind: 'absent' };

const toPlace = (queue: Queue, id: string, reply: TaskReply | 1): QueuePlace => {
  if (reply === 1) return { kind: 'unfinished' };
  const task = toStoredTask(id, reply);
  if (task === undefined) return ABSENT;
  const record = toTaskRecord(task, { queue, maxAttempts: ANY_ATTEMPTS });
  return { kind: 'ended', record, workerId: task.fields.pb };
};
