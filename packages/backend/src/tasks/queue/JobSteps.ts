import { type RedisClient } from '@backend/redis/createRedisClient';
import { type StepSave, type StepStore, type StoredStep } from '../domain/TaskStep';
import { insist } from './insist';
import { type JobLock } from './JobLock';
import {
  CHANGE_FIELD,
  parseStepField,
  STEP_PREFIX,
  STEPS_FIELD,
  toStepField,
  toStepLine,
} from './StepFields';

interface JobStepsOptions {
  readonly client: RedisClient;
  /** The key of the job's hash: `drover:{emails.send}:{id}`. */
  readonly jobKey: string;
  /** Whether the job may have steps: one that is delivered for the first time has none, which costs no command. */
  readonly mayHaveSteps: boolean;
  /** The lock of the newest delivery of this run; undefined once the run has lost its job. */
  findLock(): JobLock | undefined;
  readonly lockMs: number;
  /** When the job was taken; milliseconds since 1970. */
  readonly takenAtMs: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** Redis answers, but refuses for now. */
  onRefused(error: Error): void;
  /** A command failed for another reason. */
  onError(error: Error): void;
}

const LOAD = `
if redis.call('HEXISTS', KEYS[1], '${STEPS_FIELD}') == 0 then return {} end
local all = redis.call('HGETALL', KEYS[1])
local steps = {}
for index = 1, #all, 2 do
  if string.sub(all[index], 1, ${STEP_PREFIX.length}) == '${STEP_PREFIX}' then
    steps[#steps + 1] = all[index]
    steps[#steps + 1] = all[index + 1]
  end
end
return steps`;

/** Without the lock the job is another delivery's, or over: a late run must not write. */
const SAVE = `
local lock, job = KEYS[1], KEYS[2]
local token, field, value, line = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('EXISTS', job) == 0 then return 'gone' end
if redis.call('GET', lock) ~= token then return 'unheld' end
local stored = redis.call('HGET', job, field)
if stored then return { stored } end
redis.call('HSET', job, field, value, '${STEPS_FIELD}', (redis.call('HGET', job, '${STEPS_FIELD}') or '') .. line)
return { value }`;

const NOTE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('HSET', KEYS[2], '${CHANGE_FIELD}', ARGV[2]) end`;

type SaveReply = readonly [stored: string] | 'gone' | 'unheld';

/** How long Redis may still take for a step whose attempt is over already; milliseconds. */
const LAST_CALL_MS = 250;

/**
 * Creates the store of one delivered job's steps. They are fields of the job's hash, which BullMQ leaves alone and deletes
 * with the job. Costs nothing before it is used.
 */
export const createJobSteps = (options: JobStepsOptions): StepStore => {
  const { client, jobKey, mayHaveSteps, findLock, lockMs, now } = options;
  let confirmedAtMs = options.takenAtMs;

  const { onRefused, onError } = options;

  /** Takes a lock that lapsed back; false when the job is not this run's any more. */
  const keepLock = async (signal: AbortSignal): Promise<boolean> => {
    for (let lock = findLock(); lock !== undefined; ) {
      const { reclaim } = lock;
      const state = await insist(reclaim, { signal, onRefused, onError });
      if (state === 'held') return true;
      // The job may have been delivered here once more meanwhile.
      const newest = findLock();
      if (newest === lock) return false;
      lock = newest;
    }
    return false;
  };

  const checkHeld = async (signal: AbortSignal): Promise<boolean> => {
    const askedAtMs = now();
    const isHeld = await keepLock(signal);
    if (isHeld) confirmedAtMs = askedAtMs;
    return isHeld;
  };

  const save = async (step: StoredStep, signal: AbortSignal): Promise<StepSave> => {
    const args = [`${STEP_PREFIX}${step.name}`, toStepField(step), toStepLine(step)];
    for (;;) {
      const lock = findLock();
      if (lock === undefined) return { kind: 'lost' };
      const sentAtMs = now();
      const send = () => client.eval(SAVE, 2, `${jobKey}:lock`, jobKey, lock.token, ...args);
      const reply = (await insist(send, { signal, onRefused, onError })) as SaveReply; // what the script returns
      if (typeof reply === 'object') {
        confirmedAtMs = sentAtMs;
        return { kind: 'stored', step: parseStepField(step.name, reply[0]) };
      }
      if (reply === 'gone' || !(await keepLock(signal))) return { kind: 'lost' };
    }
  };

  return {
    load: async (signal) => {
      if (!mayHaveSteps) return [];
      const load = () => client.eval(LOAD, 1, jobKey);
      const fields = (await withinAttempt(
        insist(load, { signal, onRefused, onError }),
        signal,
      )) as readonly string[]; // what the script returns
      return toSteps(fields);
    },
    checkHeld: (signal) => {
      // A lock that was there then, and is renewed each half of its time, cannot have lapsed since.
      const isCertain = findLock() !== undefined && now() - confirmedAtMs <= lockMs / 2;
      return isCertain ? undefined : withinAttempt(checkHeld(signal), signal);
    },
    save: (step, signal) => withinAttempt(save(step, signal), signal),
    note: (change) => {
      const token = findLock()?.token ?? '';
      client
        .eval(NOTE, 2, `${jobKey}:lock`, jobKey, token, JSON.stringify(change))
        .catch((error: unknown) => options.onError(toError(error)));
    },
  };
};

const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

const toSteps = (fields: readonly string[]): readonly StoredStep[] =>
  fields.flatMap((field, index) =>
    index % 2 === 0 ? [parseStepField(field.slice(STEP_PREFIX.length), fields[index + 1] ?? '')] : [],
  );

/** Gives up a moment after the attempt is over: its handler has a grace to end in, and must not spend it here. */
const withinAttempt = <T>(command: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const giveUp = (): void => {
      timer = setTimeout(() => reject(signal.reason), LAST_CALL_MS);
    };
    const stop = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    command.then(resolve, reject).finally(stop);
  });
