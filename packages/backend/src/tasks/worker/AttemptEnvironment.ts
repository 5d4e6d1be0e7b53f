import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type ResolveResource } from '../domain/ResourceToken';
import { createIsolation, type Isolation } from '../isolation/Isolation';
import { sharedTaskLedger } from '../ledger/sharedTaskLedger';
import { createFoundHandle } from '../scheduler/FoundTask';
import { createRedisHandlePort } from '../scheduler/RedisHandlePort';
import { type AttemptEnvironment } from './Attempt';
import { type AttemptLedger, createAttemptLedger } from './AttemptLedger';
import { toTaskDefaults } from './AttemptPlan';
import { type Shutdown } from './Shutdown';
import { createTaskFamily } from './TaskFamily';
import { type TaskWorkerOptions } from './TaskWorkerOptions';
import { type WorkerPlan } from './WorkerPlan';

interface EnvironmentOptions {
  readonly plan: WorkerPlan;
  readonly logger: ILogger;
  readonly appConfig: AppConfig;
  readonly shutdown: Shutdown;
  /** Aborted when the worker begins to stop. */
  readonly draining: AbortSignal;
  readonly resolve: ResolveResource;
}

/** A worker without a ledger writes nothing down. */
const createWorkerLedger = ({
  logger,
  appConfig,
  shutdown,
}: Pick<EnvironmentOptions, 'logger' | 'appConfig' | 'shutdown'>): AttemptLedger | undefined => {
  const ledger = sharedTaskLedger(appConfig);
  return ledger === undefined
    ? undefined
    : createAttemptLedger({ ledger, logger, appConfig, shutdown, now: Date.now });
};

/** A worker without isolated tasks starts no process, ever. */
const createWorkerIsolation = (
  { isolatedNames, tasksModule, registeredTasks }: WorkerPlan,
  { logger, appConfig }: Pick<TaskWorkerOptions, 'logger' | 'appConfig'>,
): Isolation | undefined =>
  isolatedNames.length === 0 || tasksModule === undefined
    ? undefined
    : createIsolation({
        ...{ tasksModule, logger, appConfig, tasks: registeredTasks },
        findHandle: (task, id) => createFoundHandle(task, id, createRedisHandlePort({ logger, appConfig })),
      });

/** Creates what the attempts of a worker have in common. */
export const createAttemptEnvironment = ({
  plan,
  logger,
  appConfig,
  shutdown,
  draining,
  resolve,
}: EnvironmentOptions): AttemptEnvironment => ({
  workerId: plan.id,
  logger,
  shutdown,
  resolve,
  isolation: createWorkerIsolation(plan, { logger, appConfig }),
  ledger: createWorkerLedger({ logger, appConfig, shutdown }),
  family: createTaskFamily({ logger, appConfig, draining }),
  defaults: toTaskDefaults(appConfig),
  graceMs: appConfig.taskTimeoutGraceMs,
  maxCrashes: appConfig.taskMaxCrashes,
  maxResultBytes: appConfig.taskMaxResultBytes,
  now: () => new Date(),
  random: Math.random,
});
