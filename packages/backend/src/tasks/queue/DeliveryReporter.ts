import { type RedisClient } from '@backend/redis/createRedisClient';
import { type HeldJobs } from './HeldJobs';
import { createTaskReporter, type TaskReport, type TaskReporter } from './TaskReporter';
import { writeReport } from './writeReport';

/** The reporter of one delivery, which few handlers ask for. */
export interface DeliveryReporter {
  /** Makes the reporter when it is first asked for. */
  get(): TaskReporter;
  /** The attempt is over: writes what is left. What its handler still reports is dropped, also if it is the first. */
  close(): void;
}

interface DeliveryReporterOptions {
  readonly client: RedisClient;
  /** Prefix and name of the queue: `drover:{emails.send}`. */
  readonly queueKey: string;
  readonly jobId: string;
  /** Deliveries with the same key are one run, whose newest lock is its own. */
  readonly runKey: string;
  readonly heldJobs: HeldJobs;
  /** A report could not be written. */
  onError(error: Error): void;
}

/** Creates the reporter of a job that BullMQ has handed to this process; costs nothing before it is asked for. */
export const createDeliveryReporter = ({
  client,
  queueKey,
  jobId,
  runKey,
  heldJobs,
  onError,
}: DeliveryReporterOptions): DeliveryReporter => {
  let reporter: TaskReporter | undefined;
  let isClosed = false;
  const write = async (report: TaskReport): Promise<void> => {
    const lock = heldJobs.findLock(jobId, runKey);
    if (lock === undefined) return;
    const tell = () => writeReport({ client, queueKey, jobId, token: lock.token, report });
    try {
      if (await tell()) return;
      // A lock that lapsed while Redis was away is the run's again unless another one has taken the task. Sent together,
      // so that the end of the attempt cannot come between the two.
      await Promise.all([lock.reclaim(), tell()]);
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const later = (callback: () => void, ms: number): void => void setTimeout(callback, ms).unref();
  const create = (): TaskReporter => {
    const created = createTaskReporter({ write, later });
    if (isClosed) created.close();
    return created;
  };
  return {
    get: () => {
      reporter ??= create();
      return reporter;
    },
    close: () => {
      isClosed = true;
      reporter?.close();
    },
  };
};
