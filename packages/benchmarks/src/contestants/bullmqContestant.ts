import { silentLogger } from '@backend/logger/silentLogger';
import { type RedisClient, type RedisRole } from '@backend/redis/createRedisClient';
import { createRedisConnection, type RedisConnection } from '@backend/redis/RedisConnection';
import { TaskId } from '@backend/tasks/domain/TaskId';
import { toQueueName } from '@backend/tasks/queue/QueueName';
import { Queue, Worker } from 'bullmq';
import { BENCHMARK_TASK_NAME, type BenchmarkPayload, createPayload, handlePayload } from './BenchmarkPayload';
import {
  type Consumer,
  type ConsumerOptions,
  type Contestant,
  type Producer,
  type QueuePlace,
} from './Contestant';

const QUEUE_NAME = toQueueName(BENCHMARK_TASK_NAME);

const CONNECT_TIMEOUT_MS = 5000;

/** What plain BullMQ stores for the same task: the same envelope. */
export interface PlainJobData {
  readonly v: 1;
  readonly payload: BenchmarkPayload;
  readonly correlationId: string;
}

/** Makes the data and the options of a job by hand: the same envelope, id, priority and attempts as Drover's. */
export const createPlainJob = (payload: BenchmarkPayload, correlationId: string) => {
  const data: PlainJobData = { v: 1, payload, correlationId };
  return { name: BENCHMARK_TASK_NAME, data, opts: { jobId: TaskId(), priority: 51, attempts: 3 } };
};

/** Opens a connection with Drover's settings, so that the two sides differ in nothing but the framework. */
export const openConnection = async (redisUrl: string, role: RedisRole): Promise<RedisConnection> => {
  const connection = createRedisConnection({ redisUrl, role, logger: silentLogger });
  const ready = await connection.ready(CONNECT_TIMEOUT_MS);
  if (ready.isErr()) throw ready.error;
  return connection;
};

/** Creates a plain queue. `client` stays the caller's. */
export const createPlainQueue = (client: RedisClient, prefix: string): Queue<PlainJobData> =>
  new Queue<PlainJobData>(QUEUE_NAME, {
    connection: client,
    prefix,
    skipVersionCheck: true,
    streams: { events: { maxLen: 1000 } },
  });

/** BullMQ as its own documentation uses it: no validation, no deadline, no context, no log line. */
export const bullmqContestant: Contestant = {
  createProducer: async ({ redisUrl, prefix }: QueuePlace): Promise<Producer> => {
    const connection = await openConnection(redisUrl, 'producer');
    const queue = createPlainQueue(connection.client, prefix);
    const correlationId = Bun.randomUUIDv7();
    const schedule: Producer['schedule'] = async (payload) => {
      const { name, data, opts } = createPlainJob(payload, correlationId);
      await queue.add(name, data, opts);
    };
    await schedule(createPayload(0));
    return {
      schedule,
      [Symbol.asyncDispose]: async () => {
        await queue.close();
        connection.close();
      },
    };
  },

  createConsumer: async ({ redisUrl, prefix, concurrency, onRun }: ConsumerOptions): Promise<Consumer> => {
    const connection = await openConnection(redisUrl, 'worker');
    const worker = createPlainWorker({ client: connection.client, prefix, concurrency, onRun });
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

interface PlainWorkerOptions extends Pick<ConsumerOptions, 'prefix' | 'concurrency' | 'onRun'> {
  readonly client: RedisClient;
}

/** The options are Drover's defaults, written out. */
const createPlainWorker = ({
  client,
  prefix,
  concurrency,
  onRun,
}: PlainWorkerOptions): Worker<PlainJobData> =>
  new Worker<PlainJobData>(
    QUEUE_NAME,
    async (job) => {
      onRun();
      return handlePayload(job.data.payload);
    },
    {
      connection: client,
      prefix,
      autorun: false,
      concurrency,
      lockDuration: 20_000,
      stalledInterval: 5000,
      drainDelay: 2,
      removeOnComplete: { age: 24 * 60 * 60, count: 1000 },
      removeOnFail: { age: 14 * 24 * 60 * 60, count: 10_000 },
    },
  );
