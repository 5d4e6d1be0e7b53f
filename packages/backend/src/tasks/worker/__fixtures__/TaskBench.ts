import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { type AppConfig, parseAppConfig } from '@backend/config/AppConfig';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { getMockedLogger, type MockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { type ILogger } from '@backend/logger/Logger';
import { startLocalRedis } from '@backend/redis/localRedis';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { CorrelationId } from '@core/domain/CorrelationId';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { v4 } from 'uuid';
import { type ScheduleOptions } from '../../domain/ScheduleOptions';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskId } from '../../domain/TaskId';
import { type TaskRecord } from '../../domain/TaskRecord';
import { isTerminalStatus } from '../../domain/TaskStatus';
import { createTaskInspector, type TaskInspector } from '../../inspector/TaskInspector';
import { closeSharedLedgers } from '../../ledger/sharedTaskLedger';
import { toQueueName } from '../../queue/QueueName';
import { createTaskScheduler, type TaskScheduler } from '../../scheduler/TaskScheduler';
import { createTaskWorker, type TaskWorker } from '../TaskWorker';
import { type TaskWorkerOptions } from '../TaskWorkerOptions';

/** Real tasks on a real Redis, under a prefix of their own, with workers in this process. */
export interface TaskBench extends AsyncDisposable {
  readonly appConfig: AppConfig & { readonly redisUrl: string };
  readonly scheduler: TaskScheduler;
  readonly inspector: TaskInspector;
  /** The logger of every worker that names no other. */
  readonly logger: MockedLogger;
  /** A connection for what only Redis knows. */
  readonly redis: Redis;
  /** Starts a worker; disposing stops it. */
  startWorker(options?: Partial<TaskWorkerOptions>): Promise<TaskWorker>;
  /** Schedules with a new correlation ID. */
  schedule<Payload, Output, Input>(
    task: TaskDefinition<Payload, Output, Input>,
    payload: NoInfer<Input>,
    options?: ScheduleOptions,
  ): Promise<TaskId>;
  record(id: TaskId): Promise<TaskRecord>;
  /** Waits until the task has the status. */
  reaches(id: TaskId, status: TaskRecord['status']): Promise<TaskRecord>;
  /** Waits until the task has ended. */
  ended(id: TaskId): Promise<TaskRecord>;
  /** BullMQ's own view of a task's queue; closed with the bench. */
  queue(task: TaskDefinition<unknown>): Queue;
  /** Messages at info and above that were logged about a task. */
  messages(id: TaskId): string[];
  /** Every key under the prefix, sorted. */
  keys(): Promise<string[]>;
}

/** What a bench is made of. */
export interface TaskBenchOptions {
  readonly tasks: readonly TaskDefinition<unknown>[];
  /** Variables of the configuration. */
  readonly env?: Readonly<Record<string, string>>;
}

let ownRedis: Promise<string> | undefined;

/** The Redis of the test run, or one that ends with this process. */
export const testRedisUrl = (): Promise<string> => {
  const { TEST_REDIS_URL: url } = process.env;
  if (url !== undefined) return Promise.resolve(url);
  ownRedis ??= startLocalRedis({
    appendOnly: false,
    dataDir: mkdtempSync(join(tmpdir(), 'drover-test-')),
  }).then((redis) => redis._unsafeUnwrap().url);
  return ownRedis;
};

/**
 * Sets up a bench. Disposing stops its workers and deletes its keys. It has no ledger, unless the run of the tests says
 * `TEST_LEDGER=sqlite`, or the test names one.
 */
export const createTaskBench = async ({ tasks, env = {} }: TaskBenchOptions): Promise<TaskBench> => {
  const redisUrl = env['REDIS_URL'] ?? (await testRedisUrl());
  const prefix = `test-${v4()}`;
  const folder = await createTemporaryDirectory();
  const environment = {
    NODE_ENV: 'test',
    LEDGER_URL:
      process.env['TEST_LEDGER'] === 'sqlite' ? `sqlite://${join(folder.path, 'ledger.sqlite')}` : 'off',
    REDIS_URL: redisUrl,
    QUEUE_PREFIX: prefix,
    TASK_BACKOFF_MS: '0',
    WORKER_DRAIN_TIMEOUT_MS: '1000',
    ...env,
  };
  const appConfig = { ...parseAppConfig(environment)._unsafeUnwrap(), redisUrl };
  const logger = getMockedLogger();
  const scheduler = createTaskScheduler({ logger, appConfig });
  const inspector = createTaskInspector({ tasks, logger, appConfig });
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  const workers: TaskWorker[] = [];
  const queues: Queue[] = [];
  const record = async (id: TaskId) => (await inspector.getTask(id))._unsafeUnwrap();
  const waitFor = async (id: TaskId, isThere: (record: TaskRecord) => boolean): Promise<TaskRecord> => {
    await until(async () => isThere(await record(id)));
    return record(id);
  };
  const keys = async () => (await redis.keys(`${prefix}:*`)).toSorted();
  return {
    appConfig,
    scheduler,
    inspector,
    logger,
    redis,
    startWorker: async (options = {}) => {
      const worker = createTaskWorker({ tasks, logger, appConfig, ...options });
      workers.push(worker);
      (await worker.start())._unsafeUnwrap();
      return worker;
    },
    schedule: async (task, payload, options) =>
      (await scheduler.schedule(CorrelationId(), task, payload, options))._unsafeUnwrap().id,
    record,
    reaches: (id, status) => waitFor(id, (found) => found.status === status),
    ended: (id) => waitFor(id, ({ status }) => isTerminalStatus(status)),
    queue: ({ queueName }) => {
      const { hostname: host, port } = new URL(redisUrl);
      const queue = new Queue(toQueueName(queueName), { connection: { host, port: Number(port) }, prefix });
      queues.push(queue);
      return queue;
    },
    messages: (id) => messagesAbout(logger, id),
    keys,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.all(queues.map((queue) => queue.close()));
      closeSharedConnections();
      await closeSharedLedgers();
      await folder[Symbol.asyncDispose]();
      const left = await keys().catch(() => []);
      if (left.length > 0) await redis.del(left).catch(() => 0);
      redis.disconnect();
    },
  };
};

/** One line that a mocked logger was given. */
export interface LoggedLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** The lines at info and above that a mocked logger was given, in their order. */
export const loggedLines = (logger: MockedLogger): LoggedLine[] =>
  [
    ...logger.info.mock.calls.map((call, index) =>
      toLine('info', call[0], call[1], logger.info.mock.invocationCallOrder[index]),
    ),
    ...logger.warn.mock.calls.map((call, index) =>
      toLine('warn', call[0], call[1], logger.warn.mock.invocationCallOrder[index]),
    ),
    ...logger.error.mock.calls.map((call, index) =>
      toLine('error', call[0], call[2], logger.error.mock.invocationCallOrder[index]),
    ),
  ]
    .toSorted((one, other) => one.order - other.order)
    .map(({ line }) => line);

const toLine = (level: LoggedLine['level'], message: string, meta: object = {}, order = 0) => ({
  order,
  line: { level, message, meta: { ...meta } },
});

const messagesAbout = (logger: MockedLogger, id: TaskId): string[] =>
  loggedLines(logger)
    .filter(({ meta }) => meta['taskId'] === id)
    .map(({ message }) => message);

/** A logger every method of which throws. */
export const throwingLogger: ILogger = {
  debug: () => fail(),
  info: () => fail(),
  warn: () => fail(),
  error: () => fail(),
  child: () => fail(),
  flush: () => fail(),
};

const fail = (): never => {
  throw new Error('the logger is broken');
};
