import { type SqlDialect } from '@backend/database/SqlDatabase';
import { getMockedLogger, type MockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { silentLogger } from '@backend/logger/silentLogger';
import { createRedisConnection } from '@backend/redis/RedisConnection';
import { ok, type Result, ResultAsync } from 'neverthrow';
import { z } from 'zod';
import { defineTask, type TaskDefinition } from '../../domain/TaskDefinition';
import { type TaskError } from '../../domain/TaskError';
import { type TaskId } from '../../domain/TaskId';
import { locateTasks } from '../../queue/locateTasks';
import { publish } from '../../queue/publish';
import { createTaskQueues, type TaskQueues } from '../../queue/TaskQueues';
import { createTaskBench, type TaskBench } from '../../worker/__fixtures__/TaskBench';
import { type LedgerEntry } from '../LedgerEntry';
import { type LedgerWriter } from '../LedgerWriter';
import { type PublishJob } from '../publishTasks';
import { createReconciler, type Reconciler } from '../Reconciler';
import { createLedgerRelay, type LedgerRelay } from '../Relay';
import { createSqlOutbox, type SqlOutbox } from '../sql/sqlOutbox';
import { createSqlWriter } from '../sql/sqlWriter';
import { type FindPlaces } from '../walkPlaces';
import { createLedgerBench, type LedgerBench, sampleEntry } from './LedgerBench';

/** A ledger, and queues on a real Redis. */
export interface RelayBench extends AsyncDisposable {
  readonly ledger: LedgerBench;
  readonly writer: LedgerWriter;
  readonly outbox: SqlOutbox;
  readonly redis: TaskBench;
  readonly queues: TaskQueues;
  readonly task: TaskDefinition<unknown>;
  readonly logger: MockedLogger;
  readonly publish: PublishJob;
  /** Creates a relay that leaves no task to others for its age. */
  relay(given?: Partial<Parameters<typeof createLedgerRelay>[0]>): LedgerRelay;
  /** Asks the queues; a connection that breaks is an error. */
  readonly findPlaces: FindPlaces;
  /** Creates a reconciler of which the clock is a minute ahead: it leaves no task alone for its age, but those that run. */
  reconciler(given?: Partial<Parameters<typeof createReconciler>[0]>): Reconciler;
  /** Deletes all that Redis has. */
  loseRedis(): Promise<void>;
  /** Writes a task down. */
  insert(given?: Partial<LedgerEntry>, payload?: unknown): Promise<TaskId>;
  /** Ids of the jobs on the queue that wait, in the order in which they are taken. */
  waiting(): Promise<readonly string[]>;
}

interface RelayBenchOptions {
  /** What the task does. Default: nothing. */
  readonly handler?: () => Promise<Result<void, TaskError>>;
}

/** Sets up a bench. */
export const createRelayBench = async (
  dialect: SqlDialect,
  { handler = async () => ok() }: RelayBenchOptions = {},
): Promise<RelayBench> => {
  const task = defineTask({ queueName: 'emails:send', schema: z.unknown(), handler });
  const redis = await createTaskBench({ tasks: [task] });
  const { redisUrl, queuePrefix: prefix } = redis.appConfig;
  const ledger = await createLedgerBench(dialect);
  const connection = createRedisConnection({ redisUrl, role: 'worker', logger: silentLogger });
  const queues = createTaskQueues({ client: connection.client, prefix, logger: silentLogger });
  const writer = createSqlWriter(ledger.ledgerDatabase);
  const outbox = createSqlOutbox(ledger.ledgerDatabase);
  const logger = getMockedLogger();
  const publishJob: PublishJob = (job) => publish({ connection, queues, job, deadlineMs: 2000 });
  const findPlaces: FindPlaces = async (taskName, ids) =>
    ResultAsync.fromPromise(
      locateTasks({ client: queues.client, queue: queues.get(taskName), ids }),
      (thrown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
    );
  const times = { intervalMs: 1000, minAgeMs: 0, leaseMs: 10_000 };
  return {
    ledger,
    writer,
    outbox,
    redis,
    queues,
    task,
    logger,
    publish: publishJob,
    relay: (given = {}) =>
      createLedgerRelay({
        ledger: { outbox },
        publish: publishJob,
        logger,
        batchSize: 100,
        ...times,
        ...given,
      }),
    findPlaces,
    reconciler: (given = {}) =>
      createReconciler({
        ledger: { outbox, writer },
        findPlaces,
        logger,
        intervalMs: 1000,
        minAgeMs: 30_000,
        runningAgeMs: 90_000,
        now: () => Date.now() + 60_000,
        ...given,
      }),
    loseRedis: async () => {
      await redis.redis.del(await redis.keys());
    },
    insert: async (given, payload) => {
      const entry = sampleEntry(given, payload === undefined ? {} : { payload });
      (await writer.insert(entry))._unsafeUnwrap();
      return entry.id;
    },
    waiting: () => redis.redis.zrange(queues.get(task.queueName).toKey('prioritized'), '0', '-1'),
    [Symbol.asyncDispose]: async () => {
      connection.close();
      await redis[Symbol.asyncDispose]();
      await ledger[Symbol.asyncDispose]();
    },
  };
};

/** What the ledger says of a task. */
export const statusOf = async ({ ledger }: RelayBench, id: TaskId): Promise<unknown> =>
  (await ledger.row(id))?.['status'];

/** Tasks that are in the ledger and on their queue. */
export const publishTasks = async (
  bench: RelayBench,
  ...given: readonly Partial<LedgerEntry>[]
): Promise<readonly TaskId[]> => {
  const ids = await Promise.all(given.map((each) => bench.insert(each)));
  await bench.relay().look();
  return ids;
};

/** What an attempt comes to that failed and is not the last. */
export const RETRY = { kind: 'retry', error: { message: 'no', code: 'task-failed', attempt: 1 } } as const;
