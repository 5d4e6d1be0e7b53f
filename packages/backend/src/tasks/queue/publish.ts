import { type RedisConnection } from '@backend/redis/RedisConnection';
import { err, ok, type Result } from 'neverthrow';
import { settleWithin } from './settleWithin';
import { addJob, type JobInput, type TaskQueues } from './TaskQueues';

/** A job could not be handed to Redis in time. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  /** True when the job was sent and no answer came: it may be on the queue. */
  readonly isUnknown: boolean;

  constructor(
    message: string,
    { isUnknown, cause }: { readonly isUnknown: boolean; readonly cause?: unknown },
  ) {
    super(message, { cause });
    this.isUnknown = isUnknown;
  }
}

interface PublishOptions {
  readonly connection: RedisConnection;
  readonly queues: TaskQueues;
  readonly taskName: string;
  readonly job: JobInput;
  /** Milliseconds for everything. */
  readonly deadlineMs: number;
}

/** The server answered and said no (out of memory, read-only, ...): sending again now is futile. */
const isRefusal = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Hands a job to Redis within a deadline. A connection that breaks while the answer is on its way is waited for, and
 * the job sent again under the same id, which makes one job. Nothing is sent after the deadline.
 */
export const publish = async ({
  connection,
  queues,
  taskName,
  job,
  deadlineMs,
}: PublishOptions): Promise<Result<void, PublishError>> => {
  const endsAtMs = performance.now() + deadlineMs;
  let isSent = false;
  for (;;) {
    const ready = await connection.ready(Math.max(0, endsAtMs - performance.now()));
    if (ready.isErr()) {
      return err(
        new PublishError(`Redis is not reachable: ${ready.error.message}`, {
          isUnknown: isSent,
          cause: ready.error,
        }),
      );
    }
    isSent = true;
    const added = await settleWithin(
      addJob(queues.get(taskName), job),
      Math.max(0, endsAtMs - performance.now()),
    );
    if (added.isOk()) return ok();
    if (isRefusal(added.error)) {
      return err(
        new PublishError(`Redis refused the task: ${messageOf(added.error)}`, {
          isUnknown: false,
          cause: added.error,
        }),
      );
    }
    if (performance.now() >= endsAtMs) {
      return err(
        new PublishError(`Redis did not confirm the task: ${messageOf(added.error)}`, {
          isUnknown: true,
          cause: added.error,
        }),
      );
    }
  }
};
