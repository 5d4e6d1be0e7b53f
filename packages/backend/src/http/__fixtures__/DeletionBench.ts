import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { silentLogger } from '@backend/logger/silentLogger';
import { sharedProducerConnection } from '@backend/redis/sharedRedis';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { TaskError } from '@backend/tasks/domain/TaskError';
import { type TaskId } from '@backend/tasks/domain/TaskId';
import { closeSharedLedgers, sharedTaskLedger } from '@backend/tasks/ledger/sharedTaskLedger';
import { sharedTaskQueues } from '@backend/tasks/queue/sharedTaskQueues';
import { testRedisUrl } from '@backend/tasks/worker/__fixtures__/TaskBench';
import { CorrelationId } from '@core/domain/CorrelationId';
import { err, ok } from 'neverthrow';
import { z } from 'zod';
import { boardPathOf, sendToBoard } from './BoardClient';
import { createRunningApp } from './RunningApp';

/** The task of the bench. */
export const PACK = 'orders:pack';

interface DeletionBenchOptions {
  /** Whether its tasks fail. Default: false. */
  readonly isBroken?: boolean;
  /** Default: 2. */
  readonly maxAttempts?: number;
  /** Default: true. */
  readonly hasLedger?: boolean;
  /** Tasks that run at the same time. Default: that of a worker. */
  readonly concurrency?: number;
}

interface BoardPut {
  /** The task that is meant. Default: the whole queue. */
  readonly id?: TaskId;
  /** Whether tasks that run are obliterated too. Default: false. */
  readonly force?: boolean;
}

/** The application with a ledger of its own, a task that counts its runs, and the queue of that. */
export const createDeletionBench = async ({
  isBroken = false,
  maxAttempts = 2,
  hasLedger = true,
  concurrency,
}: DeletionBenchOptions = {}) => {
  const started = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const state = { runCount: 0, abortCount: 0 };
  const task = defineTask({
    queueName: PACK,
    schema: z.object({ isSlow: z.boolean().optional(), isDeaf: z.boolean().optional() }),
    handler: async ({ isSlow = false, isDeaf = false }, { signal }) => {
      state.runCount += 1;
      started.resolve();
      signal.addEventListener('abort', () => {
        state.abortCount += 1;
        if (!isDeaf) released.resolve();
      });
      if (isSlow) await released.promise;
      return isBroken ? err(new TaskError('broken')) : ok();
    },
    options: { maxAttempts, backoffMs: 600_000 },
  });
  const database = await createTestDatabase('sqlite');
  const environment = {
    LEDGER_URL: hasLedger ? database.url : 'off',
    ...(concurrency === undefined ? {} : { WORKER_CONCURRENCY: String(concurrency) }),
  };
  const running = createRunningApp({ redisUrl: await testRedisUrl(), tasks: [task], environment });
  const { scheduler, appConfig } = running;
  const { redisUrl, queuePrefix: prefix } = appConfig;
  const connection = sharedProducerConnection({ redisUrl, logger: silentLogger });
  (await connection.ready(2000))._unsafeUnwrap();
  const queue = sharedTaskQueues({ connection, prefix, logger: silentLogger }).get(PACK);
  return {
    running,
    state,
    queue,
    client: connection.client,
    started: started.promise,
    release: released.resolve,
    schedule: async (options = {}, payload = {}): Promise<TaskId> =>
      (await scheduler.schedule(CorrelationId(), task, payload, options))._unsafeUnwrap().id,
    /** Asks the board to do something with the queue, or with one task of it; answers the status and what it says. */
    put: async (action: string, { id, force = false }: BoardPut = {}) => {
      const { status, body } = await sendToBoard(running, 'PUT', `${boardPathOf(PACK, id)}/${action}`, {
        force,
      });
      return [status, body['message']];
    },
    /** What the ledger has of tasks, in their order. */
    kept: async (...ids: readonly TaskId[]) => {
      const found = await Promise.all(ids.map(async (id) => sharedTaskLedger(appConfig)?.history.find(id)));
      return found.map((each) => each?._unsafeUnwrap()).map((task) => [task?.status, task?.cancelReason]);
    },
    /** What Redis has of the queue, without what its workers write. */
    keys: async () => {
      const keys = await connection.client.keys(`${queue.toKey('')}*`);
      return keys.map((key) => key.slice(queue.toKey('').length)).toSorted();
    },
    [Symbol.asyncDispose]: async () => {
      released.resolve();
      await running[Symbol.asyncDispose]();
      await closeSharedLedgers();
      await database[Symbol.asyncDispose]();
    },
  };
};

/** What the ledger keeps of a task that was deleted on the board before its end. */
export const CANCELLED = ['cancelled', 'deleted on the board'];
