import { type RedisClient } from '@backend/redis/createRedisClient';
import { type ScheduleId } from '../domain/ScheduleId';
import { parseStoredSchedule, type ScheduleTimes, type StoredSchedule } from '../domain/StoredSchedule';
import { toFingerprint, toScheduleKeys } from './ScheduleKeys';

/** A schedule as it was when it was read. */
export interface ScheduleSnapshot extends ScheduleTimes {
  readonly id: ScheduleId;
  readonly stored: StoredSchedule;
  /** Says in a later write what was read. */
  readonly fingerprint: string;
}

/** What a look at one or all schedules answers. */
export interface ScheduleReading {
  /** Milliseconds since 1970, by the clock of Redis. */
  readonly nowMs: number;
  readonly schedules: readonly ScheduleSnapshot[];
}

/** Reads and writes the recurring schedules of a prefix. Everything rejects when Redis does not answer or refuses. */
export interface ScheduleStore {
  /** Reads one schedule; none when there is none of this id. */
  read(id: ScheduleId): Promise<ScheduleReading>;
  /** Reads all, in the order of their ids, without those that another version of this code wrote. */
  readAll(): Promise<ScheduleReading>;
  /** The ids of all, in no order. */
  listIds(): Promise<readonly ScheduleId[]>;
  /**
   * Writes a schedule unless it has changed since it was read.
   *
   * @param dueMs Its next run; left out: as it was.
   * @returns False when it was not written; then read again.
   */
  write(write: ScheduleWrite): Promise<boolean>;
  /** Pauses a schedule; without effect on a paused one. False when there is none of this id. */
  pause(id: ScheduleId): Promise<boolean>;
  /** Enables a paused schedule; without effect on another one. False when it has changed since it was read. */
  resume(resume: {
    readonly id: ScheduleId;
    readonly fingerprint: string;
    readonly dueMs: number;
  }): Promise<boolean>;
  /** False when there is none of this id. */
  remove(id: ScheduleId): Promise<boolean>;
  /** Notes a run that was started by hand. */
  noteRun(id: ScheduleId): Promise<void>;
}

/** One write of a schedule. */
export interface ScheduleWrite {
  readonly id: ScheduleId;
  readonly stored: StoredSchedule;
  /** Of what was read; left out for a new one. */
  readonly fingerprint?: string | undefined;
  readonly dueMs?: number | undefined;
}

/** The time of Redis in milliseconds, as text: Lua would write a number that large with an exponent. */
export const NOW = `
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))`;

const READ = `${NOW}
local id = ARGV[1]
return {now, {id, redis.call('HGET', KEYS[1], id)}, {id, redis.call('ZSCORE', KEYS[2], id)},
  {id, redis.call('ZSCORE', KEYS[3], id)}, {id, redis.call('HGET', KEYS[4], id)}}`;

const READ_ALL = `${NOW}
return {now, redis.call('HGETALL', KEYS[1]), redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES'),
  redis.call('ZRANGE', KEYS[3], 0, -1, 'WITHSCORES'), redis.call('HGETALL', KEYS[4])}`;

/** A schedule stays paused, or enabled, whatever else of it is changed. */
const WRITE = `
local id, read, stored, due = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local current = redis.call('HGET', KEYS[1], id)
if (current and redis.sha1hex(current) or '') ~= read then return 0 end
redis.call('HSET', KEYS[1], id, stored)
if due ~= '' then
  local place = redis.call('ZSCORE', KEYS[3], id) and KEYS[3] or KEYS[2]
  redis.call('ZADD', place, due, id)
end
return 1`;

const PAUSE = `
local due = redis.call('ZSCORE', KEYS[2], ARGV[1])
if due then
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZADD', KEYS[3], due, ARGV[1])
end
return redis.call('HEXISTS', KEYS[1], ARGV[1])`;

const RESUME = `
local id, read, due = ARGV[1], ARGV[2], ARGV[3]
local current = redis.call('HGET', KEYS[1], id)
if not current or redis.sha1hex(current) ~= read then return 0 end
if redis.call('ZREM', KEYS[3], id) == 1 then redis.call('ZADD', KEYS[2], due, id) end
return 1`;

const REMOVE = `
for key = 2, 3 do redis.call('ZREM', KEYS[key], ARGV[1]) end
redis.call('HDEL', KEYS[4], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])`;

const NOTE_RUN = `${NOW}
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[4], ARGV[1], now) end
return 1`;

/** What `READ` and `READ_ALL` answer: the time, and lists of ids, each followed by its value, which may be missing. */
type RawReading = readonly [now: string, ...lists: readonly (readonly (string | null)[])[]];

/** Creates the store of a prefix on a connection. Free. */
export const createScheduleStore = (client: RedisClient, prefix: string): ScheduleStore => {
  const { stored, due, paused, last } = toScheduleKeys(prefix);
  const keys = [stored, due, paused, last];
  const run = (script: string, ...args: readonly string[]): Promise<unknown> =>
    client.eval(script, keys.length, ...keys, ...args);
  return {
    read: async (id) => toReading((await run(READ, id)) as RawReading),
    readAll: async () => toReading((await run(READ_ALL)) as RawReading),
    listIds: async () => (await client.hkeys(stored)) as ScheduleId[], // we wrote them
    write: async ({ id, stored: schedule, fingerprint = '', dueMs }) =>
      (await run(WRITE, id, fingerprint, JSON.stringify(schedule), dueMs?.toFixed(0) ?? '')) === 1,
    pause: async (id) => (await run(PAUSE, id)) === 1,
    resume: async ({ id, fingerprint, dueMs }) =>
      (await run(RESUME, id, fingerprint, dueMs.toFixed(0))) === 1,
    remove: async (id) => (await run(REMOVE, id)) === 1,
    noteRun: async (id) => {
      await run(NOTE_RUN, id);
    },
  };
};

const toReading = ([now, ...lists]: RawReading): ScheduleReading => {
  const [texts, due, paused, last] = lists.map(toMap);
  const schedules = [...(texts ?? [])].flatMap(([id, text]): ScheduleSnapshot[] => {
    const stored = parseStoredSchedule(text);
    if (stored === undefined) return [];
    const times = {
      dueMs: toNumber(due?.get(id)),
      pausedDueMs: toNumber(paused?.get(id)),
      lastRunMs: toNumber(last?.get(id)),
    };
    return [{ id: id as ScheduleId, stored, fingerprint: toFingerprint(text), ...times }]; // we wrote the id
  });
  return { nowMs: Number(now), schedules: schedules.toSorted((one, other) => (one.id < other.id ? -1 : 1)) };
};

const toMap = (list: readonly (string | null)[]): ReadonlyMap<string, string> => {
  const map = new Map<string, string>();
  for (let index = 0; index < list.length; index += 2) {
    const [id, value] = [list[index], list[index + 1]];
    // Lua's false for what is missing arrives as null, or cuts the list off.
    if (typeof id === 'string' && typeof value === 'string') map.set(id, value);
  }
  return map;
};

const toNumber = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);
