import { join } from 'node:path';
import { type AppConfig, parseAppConfig } from '@backend/config/AppConfig';
import { createTestDatabase } from '@backend/database/__fixtures__/TestDatabase';
import { type SqlDialect } from '@backend/database/SqlDatabase';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { silentLogger } from '@backend/logger/silentLogger';
import { startLocalRedis } from '@backend/redis/localRedis';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { defineTask } from '@backend/tasks/domain/TaskDefinition';
import { type TaskId } from '@backend/tasks/domain/TaskId';
import { closeSharedLedgers } from '@backend/tasks/ledger/sharedTaskLedger';
import { createTaskScheduler } from '@backend/tasks/scheduler/TaskScheduler';
import { CorrelationId } from '@core/domain/CorrelationId';
import { ok } from 'neverthrow';
import { z } from 'zod';

const DROVER = join(import.meta.dir, '../drover.ts');

type Environment = Readonly<Record<string, string | undefined>>;

/** What a run of `drover` came to. */
export interface DroverRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `drover` in a process of its own. */
export const runDroverProcess = async (
  args: readonly string[],
  environment: Environment,
): Promise<DroverRun> => {
  const child = Bun.spawn([process.execPath, '--no-install', DROVER, ...args], {
    env: { ...process.env, NODE_ENV: 'test', ...environment },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, stdout, stderr };
};

const pack = defineTask({ queueName: 'orders:pack', schema: z.object({}), handler: async () => ok() });
const mail = defineTask({ queueName: 'emails:send', schema: z.object({}), handler: async () => ok() });

/** A ledger, a Redis that the test may wipe or stop, and `drover` on both. */
export interface RecoverBench extends AsyncDisposable {
  readonly appConfig: AppConfig;
  readonly environment: Readonly<Record<string, string>>;
  /** Schedules tasks of two names in turn. */
  schedule(count: number): Promise<readonly TaskId[]>;
  /** Redis loses all it has. */
  flush(): Promise<void>;
  /** Ids of the tasks that wait on their queues. */
  waiting(): Promise<readonly string[]>;
  recover(args?: readonly string[], environment?: Environment): Promise<DroverRun>;
  stopRedis(): Promise<void>;
}

/** Sets up a bench. */
export const createRecoverBench = async (dialect: SqlDialect): Promise<RecoverBench> => {
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(await createTemporaryDirectory());
  const database = starting.use(await createTestDatabase(dialect));
  const redis = starting.use(
    (await startLocalRedis({ appendOnly: false, dataDir: directory.path }))._unsafeUnwrap(),
  );
  const environment = {
    NODE_ENV: 'test',
    DATA_DIR: directory.path,
    REDIS_URL: redis.url,
    LEDGER_URL: database.url,
    LEDGER_DEADLINE_MS: '10000',
    SCHEDULE_DEADLINE_MS: '10000',
  };
  const appConfig = parseAppConfig(environment)._unsafeUnwrap();
  const scheduler = createTaskScheduler({ logger: silentLogger, appConfig });
  const client = new Bun.RedisClient(redis.url);
  starting.defer(() => client.close());
  const close = async (): Promise<void> => {
    closeSharedConnections();
    await closeSharedLedgers();
  };
  starting.defer(close);
  const started = starting.move();
  return {
    appConfig,
    environment,
    schedule: async (count) => {
      const scheduled = await Promise.all(
        Array.from({ length: count }, (_each, index) =>
          scheduler.schedule(CorrelationId(), index % 2 === 0 ? pack : mail, {}),
        ),
      );
      await close();
      return scheduled.map((each) => each._unsafeUnwrap().id);
    },
    flush: async () => {
      await client.send('FLUSHALL', []);
    },
    waiting: async () => {
      const queues = ['{orders.pack}', '{emails.send}'];
      const ids = await Promise.all(
        queues.map((queue) => client.send('ZRANGE', [`drover:${queue}:prioritized`, '0', '-1'])),
      );
      return ids.flat();
    },
    recover: (args = [], given = {}) => runDroverProcess(['recover', ...args], { ...environment, ...given }),
    stopRedis: async () => {
      client.close();
      await redis.stop();
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
};
