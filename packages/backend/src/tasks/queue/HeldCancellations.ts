import { type RedisClient } from '@backend/redis/createRedisClient';
import { type Job } from 'bullmq';
import { type CancelRequest } from '../domain/CancelRequest';
import { type CancelCall, toCancelChannel } from './CancelChannel';
import { readCancelRequests } from './CancelRequests';
import { cancelJob } from './cancelJob';
import { type HeldJob, type HeldJobs } from './HeldJobs';
import { toQueueAddress } from './QueueAddress';
import { toQueueKey } from './QueueName';
import { isRefusal, pauseAfterRefusal } from './RedisRefusal';
import { type StoredTask } from './StoredTask';

/** Brings the jobs that one consumer holds the news that they are cancelled. Nothing here rejects. */
export interface HeldCancellations {
  /** Somebody said that a job of this queue is cancelled. */
  hear(call: Pick<CancelCall, 'taskId' | 'workerId'>): Promise<void>;
  /** Looks at the jobs held here, in case a call was missed: at all, or at those that were here at the last such look. */
  look(which: 'all' | 'lasting'): Promise<void>;
  /** Whether a job that is delivered may have been cancelled before: then it must be looked at first. */
  isDoubtful(job: Job): boolean;
  /** Looks at one job, again and again while Redis refuses: before it has answered, nobody knows whether the job may begin. */
  lookAt(jobId: string): Promise<void>;
  /** A job is on the queue again: it must not wait for another run if it was cancelled at the same moment. */
  putBack(jobId: string, held: HeldJob): Promise<void>;
}

interface HeldCancellationsOptions {
  readonly client: RedisClient;
  readonly prefix: string;
  readonly taskName: string;
  readonly workerId: string;
  readonly heldJobs: HeldJobs;
  /** Whether calls are heard now. */
  isListening(): boolean;
  /** Reads what the ledger knows of a request that Redis knows nothing of: it may have lost the job. Never rejects. */
  readKeptRequest(jobId: string): Promise<CancelRequest | undefined>;
  /** A task that was put back is cancelled. */
  onCancelled(task: StoredTask): void;
  onError(error: Error): void;
  /** Redis answers, but refuses for now; told each time. */
  onRefused(error: Error): void;
}

/**
 * Creates it. What counts stands in Redis, with the job; a call on the channel only says where to look. A job whose call
 * comes before the job itself is remembered until then.
 */
export const createHeldCancellations = (options: HeldCancellationsOptions): HeldCancellations => {
  const { client, prefix, taskName, workerId, heldJobs, isListening, onCancelled, onError, onRefused } =
    options;
  const queueKey = toQueueKey(prefix, taskName);
  const queue = toQueueAddress(prefix, taskName);
  const channel = toCancelChannel(prefix);
  const earlyIds = new Set<string>();
  let lastEarlyIds: readonly string[] = [];
  let lastRuns: ReadonlySet<string> = new Set();

  /** Answers the jobs that Redis has lost. */
  const read = async (jobIds: readonly string[]): Promise<readonly string[]> => {
    const { requests, lostIds } = await readCancelRequests({ client, queueKey, jobIds });
    for (const [id, request] of requests) heldJobs.find(id)?.cancellation.hear(request);
    return lostIds;
  };

  /** Of those of which Redis knows no request. */
  const readKept = async (jobIds: readonly string[]): Promise<void> => {
    await Promise.all(
      jobIds.map(async (id) => {
        if (heldJobs.find(id)?.cancellation.request !== undefined) return;
        const request = await options.readKeptRequest(id);
        if (request !== undefined) heldJobs.find(id)?.cancellation.hear(request);
      }),
    );
  };

  const readPatiently = async (jobId: string): Promise<void> => {
    for (;;) {
      try {
        await read([jobId]);
        return;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        onRefused(error);
        await pauseAfterRefusal();
      }
    }
  };

  const followUp = async (jobId: string): Promise<StoredTask | undefined> => {
    const nowMs = Date.now();
    const { change, task } = await cancelJob({ client, queue, id: jobId, channel, nowMs, isFollowUp: true });
    if (change === 'cancelled' && task !== undefined) onCancelled(task);
    return task;
  };

  const reporting = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  };

  const hear = async ({ taskId, workerId: takenBy }: Pick<CancelCall, 'taskId' | 'workerId'>) => {
    if (heldJobs.find(taskId) !== undefined) {
      await read([taskId]);
      await readKept([taskId]);
    }
    if (heldJobs.find(taskId) !== undefined || takenBy !== workerId) return;
    // It was put back just now, or it is on its way to here.
    earlyIds.add(taskId);
    const task = await followUp(taskId);
    if (task?.set !== 'active') earlyIds.delete(taskId);
  };

  const look = async (which: 'all' | 'lasting'): Promise<void> => {
    const ids = heldJobs.listIds().filter((id) => {
      const held = heldJobs.find(id);
      return held !== undefined && (which === 'all' || lastRuns.has(held.runKey));
    });
    if (which === 'lasting') {
      lastRuns = new Set(heldJobs.list().map(({ runKey }) => runKey));
      for (const id of lastEarlyIds) earlyIds.delete(id);
      lastEarlyIds = [...earlyIds];
    }
    const lostIds = await read(ids);
    await readKept(which === 'all' ? ids : lostIds);
  };

  return {
    hear: (call) => reporting(() => hear(call)),
    look: (which) => reporting(() => look(which)),
    isDoubtful: ({ id = '', attemptsStarted }) => earlyIds.delete(id) || attemptsStarted > 1,
    lookAt: (jobId) => reporting(() => readPatiently(jobId)),
    putBack: (jobId, { cancellation }) =>
      reporting(async () => {
        if (cancellation.request !== undefined || !isListening()) await followUp(jobId);
      }),
  };
};
