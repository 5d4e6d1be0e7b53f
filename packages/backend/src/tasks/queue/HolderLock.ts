import { createHash } from 'node:crypto';
import { type RedisClient } from '@backend/redis/createRedisClient';

/** A key of Redis that exists for as long as somebody holds it. Every method rejects when Redis does not answer or refuses. */
export interface HolderLock {
  /** Takes the lock if it is free or the holder's already, from now on for `ttlMs`. Returns whether the holder has it. */
  acquire(holder: string, ttlMs: number): Promise<boolean>;
  /** Lets the lock last `ttlMs` from now on, if the holder has it. Returns whether it has. */
  extend(holder: string, ttlMs: number): Promise<boolean>;
  /** Frees the lock, if the holder has it. Returns whether it had. */
  release(holder: string): Promise<boolean>;
  /** Whether the holder, or anybody when none is named, has the lock. */
  isHeld(holder?: string): Promise<boolean>;
}

interface HolderLockOptions {
  readonly client: RedisClient;
  readonly prefix: string;
  /** Any text: only its hash becomes a part of the key in Redis. */
  readonly key: string;
}

const ACQUIRE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

const EXTEND = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** Two texts that differ stay different: half a surrogate pair, sent as it is, becomes the same character as any other half. */
const exactly = (text: string): string => JSON.stringify(text);

/** No queue has such a name: a colon cannot be in one. */
const toLockKey = (prefix: string, key: string): string =>
  `${prefix}:{lock:${createHash('sha256').update(exactly(key)).digest('hex')}}`;

/** Creates the lock of a key; nothing reaches Redis before a method is called. */
export const createHolderLock = ({ client, prefix, key }: HolderLockOptions): HolderLock => {
  const lockKey = toLockKey(prefix, key);
  return {
    acquire: async (holder, ttlMs) => (await client.eval(ACQUIRE, 1, lockKey, exactly(holder), ttlMs)) === 1,
    extend: async (holder, ttlMs) => (await client.eval(EXTEND, 1, lockKey, exactly(holder), ttlMs)) === 1,
    release: async (holder) => (await client.eval(RELEASE, 1, lockKey, exactly(holder))) === 1,
    isHeld: async (holder) => {
      const found = await client.get(lockKey);
      return holder === undefined ? found !== null : found === exactly(holder);
    },
  };
};
