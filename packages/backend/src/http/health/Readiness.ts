import { settleWithin } from '@backend/deadline/settleWithin';
import { type RedisConnection } from '@backend/redis/RedisConnection';
import { type OutboxLag } from '@backend/tasks/ledger/LedgerOutbox';
import { TASKS_DISABLED_MESSAGE } from '@backend/tasks/queue/TasksDisabledError';
import { readWorkerPresence, type WorkerPresence } from '@backend/tasks/queue/WorkerPresence';
import { type Result } from 'neverthrow';
import { type ReadLag } from '../metrics/ledgerMetrics';
import { probeRedis } from './RedisProbe';

/** Whether tasks that are scheduled now also run. */
export interface Readiness {
  readonly status: 'ready' | 'not-ready';
  /** What is missing, one sentence each; empty when ready. */
  readonly problems: readonly string[];
  /** What could not be found out, or is switched off. */
  readonly warnings: readonly string[];
}

/** What is looked at. */
export interface ReadinessOptions {
  /** Whether tasks are to run at all: without them nothing is asked, and nothing is missing. */
  readonly tasksEnabled: boolean;
  readonly connection: RedisConnection;
  /** The queues' prefix. */
  readonly prefix: string;
  /** Tasks that need a worker. */
  readonly taskNames: readonly string[];
  /** Milliseconds Redis may take for each of its two answers. */
  readonly redisDeadlineMs: number;
  /** Absent without a ledger. */
  readonly readLag?: ReadLag | undefined;
}

/** How long a task of the ledger may wait for its queue, or be ahead, before that is worth a warning; milliseconds. */
const MAX_LAG_MS = 30_000;

/** Decides on readiness from the workers that are connected. Pure. */
export const decideReadiness = (taskNames: readonly string[], presence: WorkerPresence): Readiness => {
  const problems = taskNames
    .filter((name) => !presence.has(name))
    .map((name) => `no worker takes ${name}: start the worker (in development: make dev-worker)`);
  return { status: problems.length === 0 ? 'ready' : 'not-ready', problems, warnings: [] };
};

/**
 * What is to be said of the lag: nothing while it is short, and of a wrong clock that it is one. Tasks run all the same, so it is
 * no problem. Pure.
 */
export const decideLagWarnings = (lag: Result<OutboxLag, Error>): readonly string[] => {
  if (lag.isErr()) return [`it is not known whether tasks wait for their queues: ${lag.error.message}`];
  const { count, oldestMs, aheadMs } = lag.value;
  const tasks =
    count === 1
      ? '1 task of the ledger is not on its queue'
      : `${count} tasks of the ledger are not on their queues`;
  return [
    ...(oldestMs > MAX_LAG_MS
      ? [`${tasks} yet, the first for ${toSeconds(oldestMs)}: drover recover says why`]
      : []),
    ...(aheadMs > MAX_LAG_MS
      ? [`${tasks} yet, the last dated ${toSeconds(aheadMs)} ahead: a clock is, or was, wrong`]
      : []),
  ];
};

const toSeconds = (ms: number): string => `${Math.floor(ms / 1000)} s`;

/**
 * Finds out whether Redis answers, every task has a worker, and the queues are abreast of the ledger. Never rejects; takes 2 x
 * `redisDeadlineMs` at most, or what `readLag` takes.
 */
export const checkReadiness = async ({ readLag, ...options }: ReadinessOptions): Promise<Readiness> => {
  const [readiness, lag] = await Promise.all([checkQueues(options), readLag?.()]);
  if (lag === undefined) return readiness;
  return { ...readiness, warnings: [...readiness.warnings, ...decideLagWarnings(lag)] };
};

const checkQueues = async ({
  tasksEnabled,
  connection,
  prefix,
  taskNames,
  redisDeadlineMs,
}: Omit<ReadinessOptions, 'readLag'>): Promise<Readiness> => {
  if (!tasksEnabled) return { status: 'ready', problems: [], warnings: [TASKS_DISABLED_MESSAGE] };
  const redis = await probeRedis(connection, redisDeadlineMs);
  if (redis.isErr()) return { status: 'not-ready', problems: [redis.error.message], warnings: [] };
  const presence = await settleWithin(readWorkerPresence(redis.value, prefix), redisDeadlineMs);
  return presence.match(
    (workers) => decideReadiness(taskNames, workers),
    ({ message }) => ({
      status: 'ready' as const,
      problems: [],
      // A managed Redis may forbid CLIENT LIST: that alone must not take the service out of rotation.
      warnings: [`it is not known whether workers are there: Redis does not list its clients (${message})`],
    }),
  );
};
