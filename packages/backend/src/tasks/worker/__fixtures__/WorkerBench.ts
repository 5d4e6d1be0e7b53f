import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@backend/__fixtures__/until';
import { type AppConfig, parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { type LocalRedis, startLocalRedis } from '@backend/redis/localRedis';
import { closeSharedConnections } from '@backend/redis/sharedRedis';
import { type TaskDefinition } from '../../domain/TaskDefinition';
import { createTaskInspector, type TaskInspector } from '../../inspector/TaskInspector';
import { createTaskScheduler, type TaskScheduler } from '../../scheduler/TaskScheduler';
import { fixtureTasks } from './fixtureTasks';

/** One line of evidence that a handler left. */
export interface Evidence {
  readonly event: 'start' | 'end' | 'abort' | 'confirmed';
  readonly pid: number;
  readonly n: number;
  readonly taskId: string;
  readonly attempt: number;
  /** The number of a step, from 0, if it is about one. */
  readonly step?: number;
}

/** A worker process on a bench. */
export interface WorkerProcess {
  readonly pid: number;
  readonly exited: Promise<number>;
  kill(signal: NodeJS.Signals): void;
  /** Everything it has written to standard output and error so far. */
  output(): Promise<string>;
}

/** A Redis of its own, with short locks, and worker processes on it. */
export interface WorkerBench extends AsyncDisposable {
  readonly appConfig: AppConfig;
  readonly scheduler: TaskScheduler;
  readonly inspector: TaskInspector;
  redis(): LocalRedis;
  /** Starts a worker process; resolves when it takes tasks. */
  startWorker(env?: Readonly<Record<string, string>>): Promise<WorkerProcess>;
  /** The same without waiting for it. */
  spawnWorker(env?: Readonly<Record<string, string>>): WorkerProcess;
  /** Starts Redis again on the same port and data. */
  restartRedis(): Promise<void>;
  evidence(): Promise<readonly Evidence[]>;
}

/** Locks and checks of the bench, in milliseconds. */
export const BENCH_LOCK_MS = 1500;
export const BENCH_STALLED_INTERVAL_MS = 500;

const WORKER_PATH = join(import.meta.dir, 'fixtureWorker.ts');

/** What the workers of a bench run. */
export interface BenchProgram {
  /** Path of the program of a worker process. */
  readonly workerPath: string;
  readonly tasks: readonly TaskDefinition<unknown>[];
}

/**
 * Sets up a bench. Disposing kills every worker process by its id, and stops Redis.
 *
 * @param program Default: the worker of the fixture tasks.
 */
export const createWorkerBench = async (
  env: Readonly<Record<string, string>> = {},
  { workerPath, tasks }: BenchProgram = { workerPath: WORKER_PATH, tasks: fixtureTasks },
): Promise<WorkerBench> => {
  const folder = await mkdtemp(join(tmpdir(), 'drover-bench-'));
  let redis = await startRedis(folder);
  const environment = {
    NODE_ENV: 'test',
    REDIS_URL: redis.url,
    DATA_DIR: folder,
    EVIDENCE_FILE: join(folder, 'evidence.jsonl'),
    WORKER_LOCK_MS: String(BENCH_LOCK_MS),
    WORKER_STALLED_INTERVAL_MS: String(BENCH_STALLED_INTERVAL_MS),
    ...env,
  };
  const appConfig = parseAppConfig(environment)._unsafeUnwrap();
  const processes: Bun.Subprocess[] = [];
  const spawnWorker = (own: Readonly<Record<string, string>> = {}): WorkerProcess => {
    const logPath = join(folder, `worker-${processes.length}.log`);
    const child = Bun.spawn([process.execPath, '--no-install', workerPath], {
      env: { ...process.env, ...environment, ...own },
      stdout: Bun.file(logPath),
      stderr: Bun.file(`${logPath}.err`),
    });
    processes.push(child);
    return {
      pid: child.pid,
      exited: child.exited,
      kill: (signal) => child.kill(signal),
      output: async () => (await readText(logPath)) + (await readText(`${logPath}.err`)),
    };
  };
  return {
    appConfig,
    scheduler: createTaskScheduler({ logger: silentLogger, appConfig }),
    inspector: createTaskInspector({ tasks, logger: silentLogger, appConfig }),
    redis: () => redis,
    spawnWorker,
    startWorker: async (own) => {
      const worker = spawnWorker(own);
      await until(async () => (await worker.output()).includes('Worker is running'));
      return worker;
    },
    restartRedis: async () => {
      const { port } = redis;
      redis = await startRedis(folder, port);
    },
    evidence: async () => toEvidence(await readText(environment.EVIDENCE_FILE)),
    [Symbol.asyncDispose]: async () => {
      for (const child of processes) child.kill('SIGKILL');
      await Promise.all(processes.map((child) => child.exited));
      closeSharedConnections();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const startRedis = async (folder: string, port?: number): Promise<LocalRedis> =>
  (
    await startLocalRedis({
      appendOnly: true,
      // With everysec a slow disk holds writes back for up to 2 s after they are acknowledged.
      extraArgs: ['--appendfsync', 'always'],
      dataDir: folder,
      ...(port === undefined ? {} : { port }),
    })
  )._unsafeUnwrap();

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

const toEvidence = (text: string): readonly Evidence[] =>
  text
    .split('\n')
    .slice(0, -1) // what follows the last end of a line is empty, or is being written
    .map((line) => JSON.parse(line) as Evidence); // written by the fixture tasks
