import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Queue } from 'bullmq';
import { UNTOLD_ERROR } from '../domain/TaskRecord';
import { type TaskSighting } from '../domain/TaskSighting';
import {
  isJobId,
  type StoredField,
  type StoredTask,
  type TaskReply,
  toReadTask,
  toSetKeys,
  toStoredTask,
} from './StoredTask';
import { parseJson, retryOf, statusOf, toStoredError } from './TaskRecordReader';

/** Everything but the payload, which may be large and never changes. */
const FIELDS = [
  ...['atm', 'attemptsMade', 'stc', 'progress', 'logCount'],
  ...['failedReason', 'stacktrace', 'returnvalue', 'cancelReason', 'retriedAs', 'retriedAt'],
] as readonly StoredField[];

/** The end of the stream is read first: what happens after that is told there. */
const READ_SIGHTINGS = `${toReadTask(FIELDS)}
local newest = redis.call('XREVRANGE', KEYS[#sets + 1], '+', '-', 'COUNT', 1)
local found = {}
for index, id in ipairs(ARGV) do found[index] = readTask(id, KEYS[#sets + 1 + index]) end
return { newest[1] and newest[1][1] or '0-0', found }`;

interface SightingsRead {
  readonly client: RedisClient;
  readonly queue: Queue;
  readonly ids: readonly string[];
}

/** Tasks of a queue as they are at one moment. */
export interface Sightings {
  /** The newest entry of the queue's events at that moment. */
  readonly eventId: string;
  /** In the order of the ids; `undefined` where the queue holds no such task. */
  readonly tasks: readonly (TaskSighting | undefined)[];
}

/** Looks at tasks of one queue, in one script: at most a few hundred at a time. Rejects when Redis does not answer. */
export const readSightings = async ({ client, queue, ids }: SightingsRead): Promise<Sightings> => {
  const readable = ids.filter((id) => isJobId(queue, id));
  const keys = [...toSetKeys(queue), queue.toKey('events'), ...readable.map((id) => queue.toKey(id))];
  const reply = await client.eval(READ_SIGHTINGS, keys.length, ...keys, ...readable);
  const [eventId, replies] = reply as [string, readonly TaskReply[]]; // what the script returns
  const found = new Map(readable.map((id, index) => [id, toSighting(id, replies[index] ?? null)]));
  return { eventId, tasks: ids.map((id) => found.get(id)) };
};

const toSighting = (id: string, reply: TaskReply): TaskSighting | undefined => {
  const task = toStoredTask(id, reply, FIELDS);
  if (task === undefined) return undefined;
  const { progress, logCount = '0' } = task.fields;
  const end = toEnd(task);
  return {
    status: statusOf(task),
    ...(progress === undefined ? {} : { progressJson: progress }),
    logCount: Number(logCount),
    ...(end === undefined ? {} : { end }),
  };
};

const toEnd = (task: StoredTask): TaskSighting['end'] => {
  const { returnvalue = '', cancelReason } = task.fields;
  switch (task.set) {
    case 'completed':
      return { kind: 'completed', value: parseJson(returnvalue, undefined) };
    case 'failed':
      return { kind: 'failed', error: toStoredError(task) ?? UNTOLD_ERROR, ...retryOf(task) };
    case 'cancelled':
      return {
        kind: 'cancelled',
        ...(cancelReason === undefined ? {} : { reason: cancelReason }),
        ...retryOf(task),
      };
    default:
      return undefined;
  }
};
