import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { type ResolveResource, resolveFrom } from '../../domain/ResourceToken';
import { type AttemptEnvironment } from '../../worker/Attempt';
import { toTaskDefaults } from '../../worker/AttemptPlan';
import { type HandlerClock } from '../../worker/HandlerClock';
import { createShutdown } from '../../worker/Shutdown';
import { createMemoryLedger } from './MemoryLedger';

/** Values of shared resources, as `resolveFrom` takes them. */
export type ResourceValues = Parameters<typeof resolveFrom>[0];

interface TestEnvironmentOptions {
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  /** What time limits go by. */
  readonly clock: HandlerClock;
  now(): Date;
  /** Finds shared resources. Default: there are none. */
  readonly resolve?: ResolveResource;
  /** From 0 to 1. */
  random(): number;
}

/** What the attempts of a test are given: a worker's environment that goes by the time of the test. */
export const toTestEnvironment = ({
  appConfig,
  logger,
  clock,
  now,
  resolve = resolveFrom([]),
  random,
}: TestEnvironmentOptions): AttemptEnvironment => ({
  workerId: 'test',
  logger,
  defaults: toTaskDefaults(appConfig),
  graceMs: appConfig.taskTimeoutGraceMs,
  maxCrashes: appConfig.taskMaxCrashes,
  maxResultBytes: appConfig.taskMaxResultBytes,
  shutdown: createShutdown(),
  ledger: createMemoryLedger(),
  clock,
  resolve,
  now,
  random,
});
