import { type RedisClient } from '@backend/redis/createRedisClient';
import { MAX_LOG_LINES } from '../domain/TaskReport';
import { MAX_STREAM_EVENTS } from './TaskQueues';
import { type TaskReport } from './TaskReporter';

/**
 * The places are BullMQ's, so that its tools show them: see its updateProgress and addLog. Ours are the count of lines, by
 * which a reader knows the new ones, and the event `log`. Nothing is written for a run that has lost the task.
 */
const WRITE = `
local job, lock, logs, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, token, eventCount, lineCount, progress = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if redis.call('GET', lock) ~= token or redis.call('EXISTS', job) == 0 then return 0 end
if progress ~= '' then
  redis.call('HSET', job, 'progress', progress)
  redis.call('XADD', events, 'MAXLEN', '~', eventCount, '*', 'event', 'progress', 'jobId', id, 'data', progress)
end
if #ARGV > 5 then
  redis.call('RPUSH', logs, unpack(ARGV, 6))
  redis.call('LTRIM', logs, -lineCount, -1)
  local count = redis.call('HINCRBY', job, 'logCount', #ARGV - 5)
  redis.call('XADD', events, 'MAXLEN', '~', eventCount, '*', 'event', 'log', 'jobId', id, 'count', count)
end
return 1`;

interface ReportWrite {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly jobId: string;
  /** The lock's, as the run that reports holds it. */
  readonly token: string;
  readonly report: TaskReport;
}

/** Writes what a handler reported, if the task is still its run's. Returns whether it was; rejects when Redis does not answer. */
export const writeReport = async ({
  client,
  queueKey,
  jobId,
  token,
  report: { progressJson = '', lines },
}: ReportWrite): Promise<boolean> => {
  const job = `${queueKey}:${jobId}`;
  const keys = [job, `${job}:lock`, `${job}:logs`, `${queueKey}:events`];
  const values = [jobId, token, MAX_STREAM_EVENTS, MAX_LOG_LINES, progressJson, ...lines];
  return (await client.eval(WRITE, keys.length, ...keys, ...values)) === 1;
};
