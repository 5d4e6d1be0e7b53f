import { type RedisClient } from '@backend/redis/createRedisClient';
import { type ScheduleId } from '../domain/ScheduleId';
import { parseStoredSchedule, type StoredSchedule } from '../domain/StoredSchedule';
import { toFingerprint, toScheduleKeys } from './ScheduleKeys';
import { NOW } from './ScheduleStore';

/** A run of a schedule, at the time that it is due; milliseconds since 1970. */
export interface ScheduleRun {
  readonly id: ScheduleId;
  readonly dueMs: number;
}

/** A run, with its schedule; without when the schedule is gone, or written by another version of this code. */
export interface FoundRun extends ScheduleRun {
  readonly stored?: StoredSchedule | undefined;
  /** Whether the schedule is gone. */
  readonly isDeleted: boolean;
  /** Says in the claim what was read. */
  readonly fingerprint: string;
}

/** What a worker wants of a due run. */
export interface RunClaim extends ScheduleRun {
  /** Of the schedule as it was read. */
  readonly fingerprint: string;
  /** The run after it; milliseconds since 1970. */
  readonly nextMs: number;
  /** Whether it is to become a task. */
  readonly isRun: boolean;
}

/** What is to be done now. */
export interface DueRunsReading {
  /** Milliseconds since 1970, by the clock of Redis. */
  readonly nowMs: number;
  /** Runs that are due, the oldest first; at most `MAX_RUNS_READ`. */
  readonly due: readonly FoundRun[];
  /** Runs that a worker claimed more than `CLAIM_MS` ago and did not put on the queue; at most `MAX_RUNS_READ`. */
  readonly abandoned: readonly FoundRun[];
}

/** The runs of schedules that are due. Everything rejects when Redis does not answer or refuses. */
export interface DueRuns {
  /** @param skipCount Due runs that were read and left where they are. */
  read(skipCount: number): Promise<DueRunsReading>;
  /**
   * Claims a due run for this caller, and sets the next one. A run that is to become a task is kept as pending until
   * `settle`, so that it is not lost with its worker.
   *
   * @returns False when another one has claimed it, or the schedule was changed, paused or deleted.
   */
  claim(claim: RunClaim): Promise<boolean>;
  /** Notes that a claimed run is on the queue, or is not to be. */
  settle(run: ScheduleRun): Promise<void>;
}

/** How many runs one reading answers at most. */
export const MAX_RUNS_READ = 200;

/** How long a claimed run may take to reach the queue before another worker adds it too; milliseconds. */
export const CLAIM_MS = 10_000;

const READ = `${NOW}
local function withSchedules(members, idOf)
  local found = {}
  for _, member in ipairs(members) do
    table.insert(found, member)
    table.insert(found, redis.call('HGET', KEYS[1], idOf(member)) or '')
  end
  return found
end
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', ARGV[1], ARGV[2])
local times = {}
for _, id in ipairs(due) do table.insert(times, redis.call('ZSCORE', KEYS[2], id)) end
local abandoned = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf',
  string.format('%.0f', tonumber(now) - tonumber(ARGV[3])), 'LIMIT', 0, ARGV[2])
return {now, times, withSchedules(due, function(id) return id end),
  withSchedules(abandoned, function(run) return string.sub(run, string.find(run, ':', 1, true) + 1) end)}`;

const CLAIM = `${NOW}
local id, read, due, nextRun, run = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local score = redis.call('ZSCORE', KEYS[2], id)
if not score or tonumber(score) ~= tonumber(due) then return 0 end
local stored = redis.call('HGET', KEYS[1], id)
if not stored or redis.sha1hex(stored) ~= read then return 0 end
redis.call('ZADD', KEYS[2], nextRun, id)
if run ~= '' then
  redis.call('HSET', KEYS[4], id, now)
  redis.call('ZADD', KEYS[3], now, run)
end
return 1`;

type RawReading = readonly [
  now: string,
  times: readonly string[],
  due: readonly string[],
  abandoned: readonly string[],
];

const toMember = ({ id, dueMs }: ScheduleRun): string => `${dueMs.toFixed(0)}:${id}`;

/** Creates access to the due runs of a prefix on a connection. Free. */
export const createDueRuns = (client: RedisClient, prefix: string): DueRuns => {
  const { stored, due, pending, last } = toScheduleKeys(prefix);
  const keys = [stored, due, pending, last];
  const run = (script: string, ...args: readonly (string | number)[]): Promise<unknown> =>
    client.eval(script, keys.length, ...keys, ...args);
  return {
    read: async (skipCount) => toReading((await run(READ, skipCount, MAX_RUNS_READ, CLAIM_MS)) as RawReading),
    claim: async ({ id, dueMs, fingerprint, nextMs, isRun }) => {
      const member = isRun ? toMember({ id, dueMs }) : '';
      return (await run(CLAIM, id, fingerprint, dueMs.toFixed(0), nextMs.toFixed(0), member)) === 1;
    },
    settle: async (settled) => {
      await client.zrem(pending, toMember(settled));
    },
  };
};

const toReading = ([now, times, due, abandoned]: RawReading): DueRunsReading => ({
  nowMs: Number(now),
  due: toPairs(due).map(([id, text], index) => toFoundRun(id, Number(times[index]), text)),
  abandoned: toPairs(abandoned).map(([member, text]) => {
    const end = member.indexOf(':');
    return toFoundRun(member.slice(end + 1), Number(member.slice(0, end)), text);
  }),
});

const toPairs = (list: readonly string[]): (readonly [string, string])[] =>
  list.flatMap((member, index) => (index % 2 === 0 ? [[member, list[index + 1] ?? ''] as const] : []));

const toFoundRun = (id: string, dueMs: number, text: string): FoundRun => ({
  id: id as ScheduleId, // we wrote it
  dueMs,
  stored: parseStoredSchedule(text),
  isDeleted: text === '',
  fingerprint: toFingerprint(text),
});
