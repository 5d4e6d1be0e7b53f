import { type RedisConnection } from '@backend/redis/RedisConnection';
import { settleWithin } from '@backend/tasks/queue/settleWithin';
import { TASKS_DISABLED_MESSAGE } from '@backend/tasks/queue/TasksDisabledError';
import { readWorkerPresence, type WorkerPresence } from '@backend/tasks/queue/WorkerPresence';
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
}

/** Decides on readiness from the workers that are connected. Pure. */
export const decideReadiness = (taskNames: readonly string[], presence: WorkerPresence): Readiness => {
  const problems = taskNames
    .filter((name) => !presence.has(name))
    .map((name) => `no worker takes ${name}: start one with make dev-worker`);
  return { status: problems.length === 0 ? 'ready' : 'not-ready', problems, warnings: [] };
};

/** Finds out whether Redis answers and every task has a worker. Never rejects; takes 2 x `redisDeadlineMs` at most. */
export const checkReadiness = async ({
  tasksEnabled,
  connection,
  prefix,
  taskNames,
  redisDeadlineMs,
}: ReadinessOptions): Promise<Readiness> => {
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
