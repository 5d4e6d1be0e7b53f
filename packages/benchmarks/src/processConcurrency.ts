import { type LogLevel } from '@backend/logger/LogLevel';
import { type RedisClient } from '@backend/redis/createRedisClient';
import { toQueueName } from '@backend/tasks/queue/QueueName';
import { type Benchmark, type Lab, type LedgerKind, type Metric, type Side } from './Benchmark';
import { type CpuShares } from './CpuParts';
import { type CpuReport } from './CpuPartsTable';
import { BENCHMARK_TASK_NAME } from './contestants/BenchmarkPayload';
import { type PlainWork } from './contestants/Contestant';
import { contestants } from './contestants/contestants';
import { createPrefix } from './createPrefix';
import { createBenchmarkDatabase } from './databases';
import { startProfile } from './startProfile';
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
  /** Default: `off`. */
  readonly ledger?: LedgerKind;
  readonly promisedRatio?: number;
  /** Whether the report says what the CPU time of the worker goes into. Default: when something is promised. */
  readonly isProfiled?: boolean;
}

/** Of the process that runs the worker, without Redis and Postgres. */
const CPU: Metric = { name: 'CPU', unit: 'us/task', better: 'lower' };

/** How fast a worker goes through waiting tasks that do nothing. */
export const processConcurrency = ({
  concurrency,
  taskCount,
  logLevel = 'info',
  plainWork = 'same',
  isPlainPrioritised = true,
  ledger = 'off',
  promisedRatio,
  isProfiled = promisedRatio !== undefined,
}: ProcessConcurrency): Benchmark => {
  const speed: Metric = {
    name: 'processed',
    unit: 'tasks/s',
    better: 'higher',
    ...(promisedRatio === undefined ? {} : { promisedRatio }),
  };
  const work = async <Watched>(
    side: Side,
    lab: Lab,
    startWatch: () => Promise<() => Promise<Watched>>,
  ): Promise<Worked<Watched>> => {
    const { observer, redisUrl } = lab;
    await using database = await createBenchmarkDatabase(side === 'drover' ? ledger : 'off', lab);
    const prefix = createPrefix();
    const place = { redisUrl, prefix, ledgerUrl: database.url };
    const isPrioritised = side === 'drover' || isPlainPrioritised;
    await preloadTasks({ client: observer, place, taskCount, isPrioritised });
    const runs = watchRuns(taskCount);
    const options = { ...place, concurrency, logLevel, plainWork, onRun: runs.count };
    await using consumer = await contestants[side].createConsumer(options);
    const endWatch = await startWatch();
    await consumer.start();
    const firstRunAtMs = await runs.firstRunAtMs;
    const cpuAtStart = process.cpuUsage();
    await runs.allRun;
    await noneActive(observer, prefix);
    const { user, system } = process.cpuUsage(cpuAtStart);
    const tasksPerSecond = taskCount / ((performance.now() - firstRunAtMs) / 1000);
    return { tasksPerSecond, cpuUs: (user + system) / taskCount, watched: await endWatch() };
  };
  return {
    name: [
      `processConcurrency${concurrency}`,
      ...(logLevel === 'info' ? [] : [logLevel]),
      ...(plainWork === 'same' ? [] : ['bare']),
      ...(isPlainPrioritised ? [] : ['unprioritised']),
      ...(ledger === 'off' ? [] : [ledger]),
    ].join('-'),
    question: `How fast does a worker with concurrency ${concurrency} run ${taskCount} waiting tasks (LOG_LEVEL=${logLevel})?`,
    ledger,
    metrics: [speed, CPU],
    measure: async (side, lab) => {
      const { tasksPerSecond, cpuUs } = await work(side, lab, startNothing);
      return { [speed.name]: tasksPerSecond, [CPU.name]: cpuUs };
    },
    ...(isProfiled ? { cpuParts: async (lab) => toParts(await work('drover', lab, startProfile)) } : {}),
  };
};

interface Worked<Watched> {
  readonly tasksPerSecond: number;
  /** Microseconds for each task. */
  readonly cpuUs: number;
  readonly watched: Watched;
}

const startNothing = async () => async (): Promise<void> => undefined;

const toParts = ({ cpuUs, watched: shares }: Worked<CpuShares>): CpuReport['parts'] => ({
  queue: shares.queue * cpuUs,
  statements: shares.statements * cpuUs,
  ledger: shares.ledger * cpuUs,
  JSON: shares.JSON * cpuUs,
  rest: shares.rest * cpuUs,
});

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
