import { getMockedLogger, type MockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { silentLogger } from '@backend/logger/silentLogger';
import { createRedisConnection, type RedisConnection } from '@backend/redis/RedisConnection';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type ScheduleKeys, toScheduleKeys } from '../../queue/ScheduleKeys';
import { createTaskQueues, type TaskQueues } from '../../queue/TaskQueues';
import { createTaskBench, type TaskBench, type TaskBenchOptions } from '../../worker/__fixtures__/TaskBench';
import { createRecurringSchedules, type RecurringSchedules } from '../RecurringSchedules';
import { createScheduleTicker, type ScheduleTicker } from '../ScheduleTicker';

/** A ticker that looks when it is told to, as one worker has it. */
export interface BenchTicker extends ScheduleTicker {
  readonly connection: RedisConnection;
  /** What it puts runs on. */
  readonly queues: TaskQueues;
  readonly logger: MockedLogger;
}

/** Recurring schedules on a real Redis whose runs become due when the test says so. */
export interface TickerBench extends TaskBench {
  readonly recurring: RecurringSchedules;
  readonly keysOf: ScheduleKeys;
  /** Starts a ticker; disposing stops it. Its first look is over. */
  startTicker(tasks?: readonly TaskDefinition<unknown>[]): Promise<BenchTicker>;
  /** Moves the next run of a schedule into the past; answers when it was due, by the clock of Redis. */
  makeDue(id: string, msAgo?: number): Promise<number>;
  /** Milliseconds since 1970, by the clock of Redis. */
  redisNow(): Promise<number>;
  /** The ids of the tasks of a queue that wait, run or have ended. */
  taskIds(task: TaskDefinition<unknown>): Promise<string[]>;
}

/** Longer than any test. */
const NEVER_MS = 3_600_000;

/** Sets up a bench without workers. */
export const createTickerBench = async (
  tasks: readonly TaskDefinition<unknown>[],
  options: Omit<TaskBenchOptions, 'tasks'> = {},
): Promise<TickerBench> => {
  const bench = await createTaskBench({ ...options, tasks });
  const { appConfig, redis } = bench;
  const keysOf = toScheduleKeys(appConfig.queuePrefix);
  const tickers: BenchTicker[] = [];
  const redisNow = async (): Promise<number> => {
    const [seconds, microseconds] = await redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  };
  return {
    ...bench,
    recurring: createRecurringSchedules({ tasks, logger: silentLogger, appConfig }),
    keysOf,
    redisNow,
    startTicker: async (own = tasks) => {
      const logger = getMockedLogger();
      const connection = createRedisConnection({ redisUrl: appConfig.redisUrl, role: 'worker', logger });
      (await connection.ready(5000))._unsafeUnwrap();
      const queues = createTaskQueues({ client: connection.client, prefix: appConfig.queuePrefix, logger });
      const parts = { tasks: own, connection, queues, appConfig, logger, intervalMs: NEVER_MS };
      const ticker = { ...createScheduleTicker(parts), connection, queues, logger };
      tickers.push(ticker);
      await ticker.look();
      return ticker;
    },
    makeDue: async (id, msAgo = 1) => {
      const dueMs = (await redisNow()) - msAgo;
      await redis.zadd(keysOf.due, 'XX', dueMs, id);
      return dueMs;
    },
    taskIds: async (task) =>
      (
        await bench
          .queue(task)
          .getJobs(['prioritized', 'waiting', 'active', 'completed', 'failed', 'delayed'])
      ).map(({ id = '' }) => id),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(tickers.map((ticker) => ticker.stop()));
      for (const { connection } of tickers) connection.close();
      await bench[Symbol.asyncDispose]();
    },
  };
};
