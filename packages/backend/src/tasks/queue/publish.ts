import { DeadlineError, settleWithin } from '@backend/deadline/settleWithin';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { err, ok, type Result } from 'neverthrow';
import { type TaskId } from '../domain/TaskId';
import { addJob, type JobInput, type TaskQueues } from './TaskQueues';
import { TasksDisabledError } from './TasksDisabledError';

/**
 * Why a job is not on its queue.
 *
 * - `unreachable`: it was not sent. Try again later.
 * - `refused`: the server said no. Trying again at once is futile.
 * - `unconfirmed`: it was sent, and no answer came: it may be on the queue.
 * - `unusable`: what is stored of the task makes no job. Trying again is futile.
 */
export type PublishErrorCode = 'unreachable' | 'refused' | 'unconfirmed' | 'unusable';

interface PublishErrorOptions {
  readonly code: PublishErrorCode;
  readonly cause?: unknown;
}

/** A job could not be handed to Redis in time. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishErrorCode;

  constructor(message: string, { code, cause }: PublishErrorOptions) {
    super(message, { cause });
    this.code = code;
  }

  /** Whether the job may be on the queue all the same. */
  get isUnknown(): boolean {
    return this.code === 'unconfirmed';
  }
}

interface PublishOptions {
  readonly connection: RedisConnection;
  readonly queues: TaskQueues;
  readonly job: JobInput;
  /** Milliseconds of silence: while Redis confirms other jobs of the process, a job behind them is waited for longer. */
  readonly deadlineMs: number;
}

/** However busy Redis is, no job waits for longer than its own deadline and so many more. */
const MAX_EXTENSIONS = 9;

/** A process that was busy itself while the deadline passed reads the answers that came meanwhile; milliseconds. */
const BREATH_MS = 50;

/** How long a broken connection that still calls itself ready is left alone; milliseconds. */
const RETRY_PAUSE_MS = 20;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The server answered and said no (out of memory, read-only, ...): sending again now is futile. */
const isRefusal = (error: Error): boolean => error.name === 'ReplyError';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Hands a job to Redis within a deadline. A connection that breaks while the answer is on its way is waited for, and
 * the job sent again under the same id, which makes one job. Nothing is sent after the deadline.
 *
 * @returns The id of the job that is on the queue: the given one, or that of an earlier job which stands for it.
 */
export const publish = async (options: PublishOptions): Promise<Result<TaskId, PublishError>> => {
  const { connection, deadlineMs } = options;
  const endsAtMs = performance.now() + deadlineMs;
  const leftMs = (): number => Math.max(0, endsAtMs - performance.now());
  for (let sentCount = 0; ; sentCount += 1) {
    if (!connection.isReady()) {
      const ready = await connection.ready(leftMs());
      if (ready.isErr()) return err(toUnreachable(ready.error, sentCount > 0));
    }
    const added = await settleWhileConfirming(addJob(options.queues, options.job), options, leftMs());
    if (added.isOk()) {
      options.queues.lastConfirmedAtMs = performance.now();
      return ok(added.value as TaskId); // every job that this adds, or stands for, is ours
    }
    if (added.error instanceof DeadlineError) return err(toUnconfirmed(added.error));
    if (isRefusal(added.error)) return err(toRefused(added.error, sentCount > 0));
    if (leftMs() === 0) return err(toUnconfirmed(added.error));
    // A connection that breaks says so only a moment later, and a cluster stays "ready" without one of its nodes.
    if (connection.isReady()) await pause(Math.min(RETRY_PAUSE_MS, leftMs()));
  }
};

/** Waits for a job as long as Redis confirms others: thousands of calls at once queue up behind each other. */
const settleWhileConfirming = async (
  adding: Promise<string>,
  { queues, deadlineMs }: PublishOptions,
  firstMs: number,
): Promise<Result<string, Error>> => {
  let settled = await settleWithin(adding, firstMs);
  for (let extensions = 0; extensions < MAX_EXTENSIONS && isDeadline(settled); extensions += 1) {
    const silentMs = performance.now() - queues.lastConfirmedAtMs;
    if (extensions > 0 && silentMs >= deadlineMs) break;
    settled = await settleWithin(adding, Math.max(BREATH_MS, deadlineMs - silentMs));
  }
  return settled;
};

const isDeadline = (settled: Result<unknown, Error>): boolean =>
  settled.isErr() && settled.error instanceof DeadlineError;

/**
 * The error for a Redis that is not reached, or not to be asked.
 *
 * @param wasSent Whether the job had been sent before, on a connection that broke.
 */
export const toUnreachable = (cause: Error, wasSent: boolean): PublishError =>
  new PublishError(
    cause instanceof TasksDisabledError ? cause.message : `Redis is not reachable: ${messageOf(cause)}`,
    { code: wasSent ? 'unconfirmed' : 'unreachable', cause },
  );

const toUnconfirmed = (cause: Error): PublishError =>
  new PublishError(`Redis did not confirm the task: ${messageOf(cause)}`, { code: 'unconfirmed', cause });

/** An earlier sending of the same call may have arrived all the same. */
const toRefused = (cause: Error, wasSent: boolean): PublishError =>
  new PublishError(`Redis refused the task: ${messageOf(cause)}`, {
    code: wasSent ? 'unconfirmed' : 'refused',
    cause,
  });
