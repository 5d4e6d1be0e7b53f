import { type RedisClient } from '@backend/redis/createRedisClient';
import { type QueueAddress } from './QueueAddress';

/** The keys of a job are those of BullMQ's includes/removeJobKeys.lua; of the cancelled ones BullMQ itself knows nothing. */
const DELETE_CANCELLED = `
local set, prefix, count = KEYS[1], ARGV[1], 0
for index = 2, #ARGV do
  local job = prefix .. ARGV[index]
  if redis.call('ZREM', set, ARGV[index]) == 1 then
    redis.call('DEL', job, job .. ':logs', job .. ':dependencies', job .. ':processed', job .. ':failed', job .. ':unsuccessful')
    count = count + 1
  end
end
return count`;

/** Ids of one command, so that it never holds Redis up for long. */
const CHUNK = 1000;

interface CancelledDeletion {
  readonly client: RedisClient;
  readonly queue: QueueAddress;
  readonly ids: readonly string[];
}

/** Deletes those of some tasks that are cancelled on their queue; answers how many there were. Deduplication keys stay. */
export const deleteCancelled = async ({ client, queue, ids }: CancelledDeletion): Promise<number> => {
  let count = 0;
  for (let start = 0; start < ids.length; start += CHUNK) {
    const chunk = ids.slice(start, start + CHUNK);
    count += Number(
      await client.eval(DELETE_CANCELLED, 1, queue.toKey('cancelled'), queue.toKey(''), ...chunk),
    );
  }
  return count;
};
