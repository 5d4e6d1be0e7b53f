import { silentLogger } from '@backend/logger/silentLogger';
import { type RedisClient, type RedisRole } from '@backend/redis/createRedisClient';
import { createRedisConnection, type RedisConnection } from '@backend/redis/RedisConnection';
import { TaskId } from '@backend/tasks/domain/TaskId';
import { toQueueName } from '@backend/tasks/queue/QueueName';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type Job, Queue, QueueEvents, Worker } from 'bullmq';
import { pino } from 'pino';
import {
  BENCHMARK_TASK_NAME,
  type BenchmarkPayload,
  benchmarkPayloadSchema,
  createPayload,
  handlePayload,
} from './BenchmarkPayload';
import {
  type CallOptions,
  type Consumer,
  type ConsumerOptions,
  type Contestant,
  type Producer,
  type QueuePlace,
} from './Contestant';

const QUEUE_NAME = toQueueName(BENCHMARK_TASK_NAME);

const CONNECT_TIMEOUT_MS = 5000;

/** As long as Drover waits by default; milliseconds. */
const WAIT_MS = 30_000;

/** What plain BullMQ stores for the same task: the same envelope. */
export interface PlainJobData {
  readonly v: 1;
  readonly payload: BenchmarkPayload;
  readonly correlationId: CorrelationId;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Makes the data and the options of a job by hand: the same envelope, id, priority and attempts as Drover's. */
export const createPlainJob = (
  payload: BenchmarkPayload,
  correlationId: CorrelationId,
  { priority = 50, idempotencyKey }: CallOptions = {},
) => {
  const data: PlainJobData = { v: 1, payload, correlationId };
  const opts = { jobId: TaskId(), priority: 101 - priority, attempts: 3 };
  return {
    name: BENCHMARK_TASK_NAME,
    data,
    opts:
      idempotencyKey === undefined ? opts : { ...opts, deduplication: { id: idempotencyKey, ttl: DAY_MS } },
  };
};

/** A job as it is added by hand. */
export type PlainJob = ReturnType<typeof createPlainJob>;

/**
 * Opens a connection with Drover's settings, so that the two sides differ in nothing but the framework; without `traceForListeners`,
 * which is a part of that.
 *
 * @throws When it cannot be taken off: the plain side would be measured with Drover's gain. That is so of a cluster.
 */
export const openConnection = async (redisUrl: string, role: RedisRole): Promise<RedisConnection> => {
  const connection = createRedisConnection({ redisUrl, role, logger: silentLogger });
  takeTraceOff(connection.client);
  const ready = await connection.ready(CONNECT_TIMEOUT_MS);
  if (ready.isErr()) throw ready.error;
  return connection;
};

/** What `traceForListeners` put on the connection hides the library's own. */
const takeTraceOff = (client: RedisClient): void => {
  if (!Object.hasOwn(client, 'sendCommand'))
    throw new Error('expected the connection to have a sendCommand of its own, of traceForListeners');
  Reflect.deleteProperty(client, 'sendCommand');
};

/** Creates a plain queue. `client` stays the caller's. */
export const createPlainQueue = (client: RedisClient, prefix: string): Queue<PlainJobData> =>
  new Queue<PlainJobData>(QUEUE_NAME, {
    connection: client,
    prefix,
    skipVersionCheck: true,
    streams: { events: { maxLen: 1000 } },
  });

interface OpenEvents extends AsyncDisposable {
  readonly events: QueueEvents;
}

/** What hears the ends of plain jobs: a blocking connection for the queue. */
const openEvents = async ({ redisUrl, prefix }: QueuePlace): Promise<OpenEvents> => {
  const connection = await openConnection(redisUrl, 'worker');
  const events = new QueueEvents(QUEUE_NAME, { connection: connection.client, prefix });
  events.setMaxListeners(0);
  await events.waitUntilReady();
  return {
    events,
    [Symbol.asyncDispose]: async () => {
      await events.close();
      // It has closed its copy alone.
      connection.close();
    },
  };
};

/**
 * Plain BullMQ doing the same work as it would be written by hand: the payload is validated before it is queued and
 * before it is handled, and each attempt ends in one log line. No deadlines, no context, no checks of options.
 */
export const bullmqContestant: Contestant = {
  createProducer: async ({ redisUrl, prefix }: QueuePlace): Promise<Producer> => {
    const connection = await openConnection(redisUrl, 'producer');
    const queue = createPlainQueue(connection.client, prefix);
    queue.setMaxListeners(0); // each wait for a result adds one
    const correlationId = CorrelationId();
    const schedule: Producer['schedule'] = async (payload, options) => {
      const { name, data, opts } = createPlainJob(
        benchmarkPayloadSchema.parse(payload),
        correlationId,
        options,
      );
      await queue.add(name, data, opts);
    };
    let opened: Promise<OpenEvents> | undefined;
    await schedule(createPayload(0));
    return {
      schedule,
      run: async (payload) => {
        opened ??= openEvents({ redisUrl, prefix });
        const { name, data, opts } = createPlainJob(benchmarkPayloadSchema.parse(payload), correlationId);
        const job = await queue.add(name, data, opts);
        await job.waitUntilFinished((await opened).events, WAIT_MS);
      },
      [Symbol.asyncDispose]: async () => {
        await (await opened)?.[Symbol.asyncDispose]();
        await queue.close();
        connection.close();
      },
    };
  },

  createConsumer: async ({ redisUrl, ...options }: ConsumerOptions): Promise<Consumer> => {
    const connection = await openConnection(redisUrl, 'worker');
    const worker = createPlainWorker({ client: connection.client, ...options });
    worker.on('error', (error) => console.error(error));
    return {
      start: async () => void worker.run(),
      [Symbol.asyncDispose]: async () => {
        await worker.close();
        connection.close();
      },
    };
  },
};

interface PlainWorkerOptions extends Omit<ConsumerOptions, 'redisUrl'> {
  readonly client: RedisClient;
}

/** What a handler without any framework does around its work. */
const createProcessor = ({ plainWork, logLevel, onRun }: PlainWorkerOptions) => {
  if (plainWork === 'bare') {
    return async ({ data }: Job<PlainJobData>) => {
      onRun();
      return handlePayload(data.payload);
    };
  }
  const logger = pino({ level: logLevel }, { write: () => undefined });
  return async ({ id, data, timestamp, attemptsMade }: Job<PlainJobData>) => {
    const startedAtMs = Date.now();
    onRun();
    const value = handlePayload(benchmarkPayloadSchema.parse(data.payload));
    const { correlationId } = data;
    const times = { waitMs: startedAtMs - timestamp, runMs: Date.now() - startedAtMs };
    const task = { taskName: BENCHMARK_TASK_NAME, taskId: id, correlationId, attempt: attemptsMade + 1 };
    logger.info({ ...task, outcome: 'completed', ...times }, 'Task completed');
    return value;
  };
};

/** The options are Drover's defaults, written out. */
const createPlainWorker = (options: PlainWorkerOptions): Worker<PlainJobData> => {
  const { client, prefix, concurrency } = options;
  return new Worker<PlainJobData>(QUEUE_NAME, createProcessor(options), {
    connection: client,
    prefix,
    autorun: false,
    concurrency,
    lockDuration: 20_000,
    stalledInterval: 5000,
    drainDelay: 2,
    removeOnComplete: { age: 24 * 60 * 60, count: 1000 },
    removeOnFail: { age: 14 * 24 * 60 * 60, count: 10_000 },
  });
};
