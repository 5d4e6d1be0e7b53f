import { type AppConfig } from '@backend/config/AppConfig';
import { DeadlineError, settleWithin } from '@backend/deadline/settleWithin';
import { type ILogger } from '@backend/logger/Logger';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { sharedProducerConnection } from '@backend/redis/sharedRedis';
import { err, type Result } from 'neverthrow';
import { UnreachableError } from './AccessFailure';
import { sharedTaskQueues } from './sharedTaskQueues';
import { type TaskQueues } from './TaskQueues';
import { TasksDisabledError } from './TasksDisabledError';

/** The queues as every process but a worker sees them, over the connection that they share. */
export interface QueueAccess {
  /** `TASKS_ENABLED`. */
  readonly tasksEnabled: boolean;
  /**
   * The connection and its queues, as `publish` takes them. While tasks are switched off the connection is never ready, and
   * says so with a `TasksDisabledError`.
   */
  open(): { readonly connection: RedisConnection; readonly queues: TaskQueues };
  /**
   * Runs a command on the queues. Answers within two seconds; `describeAccessFailure` says what an error means. A command
   * of several steps goes on after that: one that reads first and then writes has a call for each step.
   */
  run<T>(command: (queues: TaskQueues, connection: RedisConnection) => Promise<T>): Promise<Result<T, Error>>;
}

interface QueueAccessOptions {
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
}

/** How long Redis may take to be reached and to answer; milliseconds. */
const DEADLINE_MS = 2000;

/** A process that was busy itself while the deadline passed reads the answer that came meanwhile; milliseconds. */
const BREATH_MS = 50;

/** Creates access to the queues. Free: the connection is opened by the first use. */
export const createQueueAccess = ({ logger, appConfig }: QueueAccessOptions): QueueAccess => {
  const open = () => {
    const connection = sharedProducerConnection({ redisUrl: appConfig.redisUrl, logger });
    const queues = sharedTaskQueues({ connection, prefix: appConfig.queuePrefix, logger });
    return { connection: appConfig.tasksEnabled ? connection : refuseToOpen(connection), queues };
  };
  return {
    tasksEnabled: appConfig.tasksEnabled,
    open,
    run: async (command) => {
      const { connection, queues } = open();
      const endsAtMs = performance.now() + DEADLINE_MS;
      const ready = await connection.ready(DEADLINE_MS);
      if (ready.isErr()) return err(toReadyError(ready.error));
      const running = (async () => command(queues, connection))();
      const answer = await settleWithin(running, Math.max(0, endsAtMs - performance.now()));
      if (!isLate(answer)) return answer;
      const late = await settleWithin(running, BREATH_MS);
      return isLate(late) ? err(new DeadlineError(`no answer within ${DEADLINE_MS} ms`)) : late;
    },
  };
};

const refuseToOpen = (connection: RedisConnection): RedisConnection => ({
  ...connection,
  isReady: () => false,
  ready: async () => err(new TasksDisabledError()),
});

const toReadyError = (cause: Error): Error =>
  cause instanceof TasksDisabledError ? cause : new UnreachableError(cause.message, { cause });

const isLate = (answer: Result<unknown, Error>): boolean =>
  answer.isErr() && answer.error instanceof DeadlineError;
