import { type LogLevel } from '@backend/logger/LogLevel';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { toQueueName } from '@backend/tasks/queue/QueueName';
import { type Benchmark, type Metric } from './Benchmark';
import { BENCHMARK_TASK_NAME } from './contestants/BenchmarkPayload';
import { type PlainWork } from './contestants/Contestant';
import { contestants } from './contestants/contestants';
import { createPrefix } from './createPrefix';
import { preloadTasks } from './waitingTasks';

interface ProcessConcurrency {
  /** Tasks at the same time. */
  readonly concurrency: number;
  readonly taskCount: number;
  /** Default: `info`, a line for each attempt as in production. */
  readonly logLevel?: LogLevel;
  /** Default: `same`. */
  readonly plainWork?: PlainWork;
  /** Whether the plain side's tasks have a priority, as Drover's always have. Default: true. */
  readonly isPlainPrioritised?: boolean;
  readonly promisedRatio?: number;
}

/** How fast a worker goes through waiting tasks that do nothing. */
export const processConcurrency = ({
  concurrency,
  taskCount,
  logLevel = 'info',
  plainWork = 'same',
  isPlainPrioritised = true,
  promisedRatio,
}: ProcessConcurrency): Benchmark => {
  const speed: Metric = {
    name: 'processed',
    unit: 'tasks/s',
    better: 'higher',
    ...(promisedRatio === undefined ? {} : { promisedRatio }),
  };
  return {
    name: [
      `processConcurrency${concurrency}`,
      ...(logLevel === 'info' ? [] : [logLevel]),
      ...(plainWork === 'same' ? [] : ['bare']),
      ...(isPlainPrioritised ? [] : ['unprioritised']),
    ].join('-'),
    question: `How fast does a worker with concurrency ${concurrency} run ${taskCount} waiting tasks (LOG_LEVEL=${logLevel})?`,
    metrics: [speed],
    measure: async (side, { redisUrl, observer }) => {
      const prefix = createPrefix();
      const isPrioritised = side === 'drover' || isPlainPrioritised;
      await preloadTasks({ client: observer, prefix, taskCount, isPrioritised });
      const runs = watchRuns(taskCount);
      const options = { redisUrl, prefix, concurrency, logLevel, plainWork, onRun: runs.count };
      await using consumer = await contestants[side].createConsumer(options);
      await consumer.start();
      const firstRunAtMs = await runs.firstRunAtMs;
      await runs.allRun;
      await noneActive(observer, prefix);
      return { [speed.name]: taskCount / ((performance.now() - firstRunAtMs) / 1000) };
    },
  };
};

interface RunWatch {
  /** Connecting is over by then: how long that takes is another question, `startUp`. */
  readonly firstRunAtMs: Promise<number>;
  readonly allRun: Promise<void>;
  count(): void;
}

const watchRuns = (taskCount: number): RunWatch => {
  const first = Promise.withResolvers<number>();
  const last = Promise.withResolvers<void>();
  let runCount = 0;
  const count = (): void => {
    runCount += 1;
    if (runCount === 1) first.resolve(performance.now());
    if (runCount === taskCount) last.resolve();
  };
  return { firstRunAtMs: first.promise, allRun: last.promise, count };
};

/** The last handler has run; its task, and those beside it, count when Redis knows that they are completed. */
const noneActive = async (observer: RedisClient, prefix: string): Promise<void> => {
  const key = `${prefix}:${toQueueName(BENCHMARK_TASK_NAME)}:active`;
  while ((await observer.llen(key)) > 0);
};
