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

/**
 * A run, with its schedule; without when the schedule is gone, belongs to a task that was not asked for, or was written by
 * another version of this code.
 */
export interface FoundRun extends ScheduleRun {
  readonly stored?: StoredSchedule | undefined;
  /** Whether the schedule is gone. */
  readonly isDeleted: boolean;
  /** Says in the claim what was read. */
  readonly fingerprint: string;
}

/** A run that a worker claimed and did not put on the queue. */
export interface AbandonedRun extends FoundRun {
  /** When it was claimed; milliseconds since 1970. */
  readonly claimedMs: number;
}

/** What is to be read. */
export interface DueRunsQuery {
  /** Tasks whose schedules are answered whole: the payloads of others stay in Redis. */
  readonly taskNames: readonly string[];
  /** Runs that were read and left where they are. */
  readonly skipDueCount?: number;
  readonly skipAbandonedCount?: number;
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
  readonly abandoned: readonly AbandonedRun[];
}

/** The runs of schedules that are due. Everything rejects when Redis does not answer or refuses. */
export interface DueRuns {
  read(query: DueRunsQuery): Promise<DueRunsReading>;
  /**
   * Claims a due run for this caller, and sets the next one. A run that is to become a task is kept as pending until
   * `settle`, so that it is not lost with its worker.
   *
   * @returns False when another one has claimed it, or the schedule was changed, paused or deleted.
   */
  claim(claim: RunClaim): Promise<boolean>;
  /** Claims an abandoned run anew. False when another one has, or it has reached the queue. */
  take(run: AbandonedRun): Promise<boolean>;
  /** Notes that a claimed run is on the queue, as a task of its own, or is not to be. */
  settle(run: ScheduleRun, settlement: { readonly isStarted: boolean }): Promise<void>;
}

/** How many runs one reading answers at most. */
export const MAX_RUNS_READ = 200;

/** How long a claimed run may take to reach the queue before another worker adds it too; milliseconds. */
export const CLAIM_MS = 10_000;

/** The name of the task stands where `checkRecurringCall` puts it; a schedule of another form is answered whole. */
const READ = `${NOW}
local own = {}
for index = 5, #ARGV do own[ARGV[index]] = true end
local function textOf(id)
  local text = redis.call('HGET', KEYS[1], id)
  if not text then return '' end
  local name = string.match(text, '^{"v":1,"taskName":"([%w_:-]+)"')
  if name and not own[name] then return false end
  return text
end
local function read(key, untilMs, skip, idOf)
  local found = {}
  local members = redis.call('ZRANGEBYSCORE', key, '-inf', untilMs, 'WITHSCORES', 'LIMIT', skip, ARGV[3])
  for index = 1, #members, 2 do
    table.insert(found, {members[index], members[index + 1], textOf(idOf(members[index]))})
  end
  return found
end
local claimedBefore = string.format('%.0f', tonumber(now) - tonumber(ARGV[4]))
return {now, read(KEYS[2], now, ARGV[1], function(id) return id end),
  read(KEYS[3], claimedBefore, ARGV[2], function(run) return string.sub(run, string.find(run, ':', 1, true) + 1) end)}`;

const CLAIM = `${NOW}
local id, read, due, nextRun, run = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local score = redis.call('ZSCORE', KEYS[2], id)
if not score or tonumber(score) ~= tonumber(due) then return 0 end
local stored = redis.call('HGET', KEYS[1], id)
if not stored or redis.sha1hex(stored) ~= read then return 0 end
redis.call('ZADD', KEYS[2], nextRun, id)
if run ~= '' then redis.call('ZADD', KEYS[3], now, run) end
return 1`;

const TAKE = `${NOW}
local score = redis.call('ZSCORE', KEYS[3], ARGV[1])
if not score or tonumber(score) ~= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[3], now, ARGV[1])
return 1`;

const SETTLE = `${NOW}
local run, startedId = ARGV[1], ARGV[2]
redis.call('ZREM', KEYS[3], run)
if redis.call('HEXISTS', KEYS[1], startedId) == 1 then redis.call('HSET', KEYS[4], startedId, now) end
return 1`;

/** A member of a sorted set, its score, and the schedule: empty when it is gone, null when it is not ours. */
type RawRun = readonly [member: string, score: string, text: string | null];

type RawReading = readonly [now: string, due: readonly RawRun[], abandoned: readonly RawRun[]];

const toMember = ({ id, dueMs }: ScheduleRun): string => `${dueMs.toFixed(0)}:${id}`;

/** Creates access to the due runs of a prefix on a connection. Free. */
export const createDueRuns = (client: RedisClient, prefix: string): DueRuns => {
  const { stored, due, pending, last } = toScheduleKeys(prefix);
  const keys = [stored, due, pending, last];
  const run = (script: string, ...args: readonly (string | number)[]): Promise<unknown> =>
    client.eval(script, keys.length, ...keys, ...args);
  return {
    read: async ({ taskNames, skipDueCount = 0, skipAbandonedCount = 0 }) => {
      const page = [skipDueCount, skipAbandonedCount, MAX_RUNS_READ, CLAIM_MS];
      return toReading((await run(READ, ...page, ...taskNames)) as RawReading);
    },
    claim: async ({ id, dueMs, fingerprint, nextMs, isRun }) => {
      const member = isRun ? toMember({ id, dueMs }) : '';
      return (await run(CLAIM, id, fingerprint, dueMs.toFixed(0), nextMs.toFixed(0), member)) === 1;
    },
    take: async (abandoned) => (await run(TAKE, toMember(abandoned), abandoned.claimedMs.toFixed(0))) === 1,
    settle: async (settled, { isStarted }) => {
      await run(SETTLE, toMember(settled), isStarted ? settled.id : '');
    },
  };
};

const toReading = ([now, due, abandoned]: RawReading): DueRunsReading => ({
  nowMs: Number(now),
  due: due.map(([id, dueMs, text]) => toFoundRun({ id, dueMs: Number(dueMs) }, text)),
  abandoned: abandoned.map(([member, claimedMs, text]) => {
    const end = member.indexOf(':');
    const place = { id: member.slice(end + 1), dueMs: Number(member.slice(0, end)) };
    return { ...toFoundRun(place, text), claimedMs: Number(claimedMs) };
  }),
});

const toFoundRun = (
  { id, dueMs }: { readonly id: string; readonly dueMs: number },
  text: string | null,
): FoundRun => ({
  id: id as ScheduleId, // we wrote it
  dueMs,
  stored: text === null ? undefined : parseStoredSchedule(text),
  isDeleted: text === '',
  fingerprint: text === null ? '' : toFingerprint(text),
});
