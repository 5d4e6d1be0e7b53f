import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Queue } from 'bullmq';
import { TASK_SETS, toSetKeys } from './StoredTask';

/**
 * Deletes the hash of a job that no set or list holds and no worker has locked, with the keys beside it. Most jobs have no hash
 * yet, and cost one look.
 */
const DELETE_ORPHAN = `
local id, setCount = ARGV[1], ${TASK_SETS.length}
local job, lock = KEYS[setCount + 1], KEYS[setCount + 2]
if redis.call('EXISTS', job) == 0 or redis.call('EXISTS', lock) == 1 then return 0 end
for index = 1, setCount do
  if index <= 6 then
    if redis.call('ZSCORE', KEYS[index], id) then return 0 end
  elseif redis.call('LPOS', KEYS[index], id) then return 0 end
end
redis.call('DEL', unpack(KEYS, setCount + 3))
return redis.call('DEL', job)`;

/** What BullMQ keeps beside a job's hash, besides its lock. */
const KEYS_BESIDE = ['logs', 'dependencies', 'processed', 'failed', 'unsuccessful'] as const;

const COMMAND = 'droverDeleteOrphan';

/** The client with the command that is defined on it: Redis is sent the script once. */
type OrphanClient = RedisClient & Record<typeof COMMAND, (...args: readonly string[]) => Promise<number>>;

interface Orphan {
  readonly client: RedisClient;
  readonly queue: Pick<Queue, 'toKey'>;
  readonly id: string;
}

/**
 * Makes room for a job whose hash is all that Redis has left of it: no worker would ever take it, and BullMQ adds no job under an
 * id that has a hash. So it is when Redis evicted the set that held it, or somebody deleted that.
 *
 * @returns Whether there was such a hash. Rejects when Redis does not answer, or refuses.
 */
export const deleteOrphan = async ({ client, queue, id }: Orphan): Promise<boolean> => {
  const job = queue.toKey(id);
  const keys = [...toSetKeys(queue), job, `${job}:lock`, ...KEYS_BESIDE.map((name) => `${job}:${name}`)];
  client.defineCommand(COMMAND, { numberOfKeys: keys.length, lua: DELETE_ORPHAN });
  const deletedCount = await (client as OrphanClient)[COMMAND](...keys, id); // defined above
  return deletedCount === 1;
};
