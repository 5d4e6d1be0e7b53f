import { type AppConfig } from '@backend/config/AppConfig';
import { type ILogger } from '@backend/logger/Logger';
import { resolveFrom } from '../../domain/ResourceToken';
import { type AttemptEnvironment } from '../../worker/Attempt';
import { toTaskDefaults } from '../../worker/AttemptPlan';
import { type TestClock } from './TestClock';

/** Values of shared resources, as `resolveFrom` takes them. */
export type ResourceValues = Parameters<typeof resolveFrom>[0];

interface TestEnvironmentOptions {
  readonly appConfig: AppConfig;
  readonly logger: ILogger;
  readonly clock: TestClock;
  /** From 0 to 1. */
  random(): number;
}

/** What the attempts of a test are given: a worker's environment whose clock is the test's, without resources. */
export const toTestEnvironment = ({
  appConfig,
  logger,
  clock,
  random,
}: TestEnvironmentOptions): AttemptEnvironment => ({
  workerId: 'test',
  logger,
  defaults: toTaskDefaults(appConfig),
  graceMs: appConfig.taskTimeoutGraceMs,
  maxCrashes: appConfig.taskMaxCrashes,
  maxResultBytes: appConfig.taskMaxResultBytes,
  shutdown: new AbortController().signal,
  clock,
  resolve: resolveFrom([]),
  now: () => new Date(clock.nowMs()),
  random,
});
