import { type RedisClient } from '@backend/redis/createRedisClient';
import { type TaskEnvelope } from '../domain/TaskEnvelope';
import { taskIdTimeMs } from '../domain/TaskId';
import { type TaskRecord } from '../domain/TaskRecord';
import { deleteOrphan } from './deleteOrphan';
import { type RetriableStatus } from './findRetriable';
import { toRestoredStack } from './StoredFailure';
import { type JobInput, type TaskQueues } from './TaskQueues';

/** A failed or cancelled task that Redis has forgotten. */
export interface ForgottenTask {
  /** Among which ones of its queue it is put. */
  readonly status: RetriableStatus;
  readonly record: TaskRecord;
  /** As it was put on its queue. */
  readonly entry: Pick<JobInput, 'options'> & {
    readonly envelope: TaskEnvelope;
    readonly fields?: JobInput['fields'] | undefined;
    /** Milliseconds since 1970. */
    readonly createdAtMs: number;
  };
}

/** Its score is the moment of its return, so that its retention begins anew: nobody deletes it while it is claimed. */
const RESTORE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for index = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
redis.call('ZADD', KEYS[2], ARGV[1], ARGV[2])
return 1`;

/**
 * Puts a task that Redis has forgotten back among the failed or cancelled ones of its queue, where it can be claimed for a
 * retry. One that is there stays as it is. Rejects when Redis does not answer, or refuses.
 *
 * @param nowMs Milliseconds since 1970.
 */
export const restoreEnded = async (
  { client, queues }: { readonly client: RedisClient; readonly queues: TaskQueues },
  ended: ForgottenTask,
  nowMs: number,
): Promise<void> => {
  const { status, record } = ended;
  const { id, name } = record;
  const queue = queues.get(name);
  await deleteOrphan({ client, queue, id });
  const keys = [queue.toKey(id), queue.toKey(status)] as const;
  await client.eval(RESTORE, 2, ...keys, nowMs, id, ...toFields(ended));
};

/** The fields of its job's hash, names and values in turn. */
const toFields = ({ record, entry }: ForgottenTask): readonly string[] => {
  const { attempt, crashCount, startedAt, endedAt, error, cancelReason, retriedAs } = record;
  const retriedAtMs = retriedAs === undefined ? undefined : taskIdTimeMs(retriedAs);
  const fields: Readonly<Record<string, string | number | undefined>> = {
    name: record.name,
    data: JSON.stringify(entry.envelope),
    opts: JSON.stringify(entry.options),
    timestamp: entry.createdAtMs,
    priority: entry.options.priority ?? 0,
    atm: Math.max(0, attempt - crashCount),
    stc: crashCount === 0 ? undefined : crashCount,
    processedOn: startedAt?.getTime(),
    finishedOn: endedAt?.getTime(),
    failedReason: error?.message,
    stacktrace: error && JSON.stringify([toRestoredStack(error, endedAt?.getTime())]),
    cancelReason,
    retriedAs,
    retriedAt: retriedAs && String(retriedAtMs ?? 0),
  };
  const known = Object.entries(fields).flatMap(([field, value]) =>
    value === undefined ? [] : [field, String(value)],
  );
  return [...known, ...(entry.fields ?? [])];
};
