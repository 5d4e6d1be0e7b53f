import { configProblem } from '@backend/config/configProblem';
import { loggerProblem } from '@backend/logger/loggerProblem';
import { silentLogger } from '@backend/logger/silentLogger';
import { describeValue } from '@core/validation/describeValue';
import { isRecord, unknownFieldProblems } from '../domain/fieldProblems';
import { MAX_DELAY_MS, numberProblem, showValue, TIMER } from '../domain/numberRule';
import { type ResourceToken, tokenListProblems } from '../domain/ResourceToken';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { type IdempotencyOptions } from './idempotency/proveIdempotent';
import { type ResourceValues } from './memory/testEnvironment';
import { type RunTaskOptions } from './runTask';
import { refuseTest } from './TestingError';
import { type TestSchedulerOptions } from './TestScheduler';
import { testConfig } from './testConfig';
import { type LocalRedisWorldOptions } from './withLocalRedis';

const OPTION_NAMES: readonly string[] = [
  'tasks',
  'now',
  'appConfig',
  'logger',
  'resources',
  'random',
  'patienceMs',
] satisfies (keyof TestSchedulerOptions)[];

const RUN_OPTION_NAMES: readonly string[] = [
  'appConfig',
  'timeoutMs',
  'clock',
  'random',
] satisfies (keyof RunTaskOptions)[];

const PROOF_OPTION_NAMES: readonly string[] = [
  'world',
  'resources',
  'patienceMs',
] satisfies (keyof IdempotencyOptions<object>)[];

const LOCAL_REDIS_OPTION_NAMES: readonly string[] = [
  'redisUrl',
  'env',
] satisfies (keyof LocalRedisWorldOptions)[];

const PATIENCE = { min: 1, max: 60_000 };

/** Lists the unknown fields of options; nothing else can be said of what is no object. */
const optionProblems = (options: unknown, known: readonly string[]): readonly string[] =>
  isRecord(options)
    ? unknownFieldProblems(options, known)
    : [`expected options to be an object, got ${showValue(options)}`];

const patienceProblem = (patienceMs: unknown): string | undefined =>
  numberProblem('patienceMs', patienceMs, PATIENCE);

const nowProblem = (now: unknown): string | undefined =>
  now instanceof Date && !Number.isNaN(now.getTime())
    ? undefined
    : `expected now to be a valid Date, got ${showValue(now)}`;

const functionProblem = (field: string, value: unknown): string | undefined =>
  typeof value === 'function' ? undefined : `expected ${field} to be a function, got ${showValue(value)}`;

type ResourceEntries = readonly (readonly [ResourceToken, unknown])[];

/** Resources may be given as anything that can be read once. */
const readResources = (resources: unknown): readonly unknown[] | undefined =>
  typeof resources === 'object' && resources !== null && Symbol.iterator in resources
    ? [...(resources as Iterable<unknown>)] // just checked
    : undefined;

const resourceProblems = (entries: readonly unknown[] | undefined, given: unknown): readonly string[] => {
  if (entries === undefined)
    return [`expected resources to be a list of tokens and their values, got ${describeValue(given)}`];
  const problems = entries.flatMap((entry, index) =>
    Array.isArray(entry) && entry.length === 2
      ? []
      : [
          `expected resources[${index}] to be a token and its value, such as [mailerToken, mailer], got ${describeValue(entry)}`,
        ],
  );
  if (problems.length > 0) return problems;
  return tokenListProblems(
    'resources',
    (entries as ResourceEntries).map(([token]) => token), // just checked
  );
};

/**
 * Checks the options of `createTestScheduler` and fills in what was left out.
 *
 * @throws TestingError listing what is wrong; TaskRegistryError when the list of tasks is.
 */
export const checkTestSchedulerOptions = (options: TestSchedulerOptions) => {
  refuseTest(optionProblems(options, OPTION_NAMES));
  const { tasks, now = new Date(), random = () => 0, patienceMs = 1000 } = options;
  const { appConfig = testConfig(), logger = silentLogger, resources = [] } = options;
  const entries = readResources(resources);
  refuseTest([
    nowProblem(now),
    functionProblem('random', random),
    patienceProblem(patienceMs),
    configProblem(appConfig, 'testConfig({ ... })'),
    loggerProblem(logger),
    ...resourceProblems(entries, resources),
  ]);
  if (tasks !== undefined) createTaskRegistry(tasks);
  return { tasks, now, random, patienceMs, logger, appConfig, resources: entries as ResourceEntries }; // just checked
};

/**
 * Checks the values of shared resources; nothing: none.
 *
 * @throws TestingError
 */
export const checkTestResources = (resources: ResourceValues = []): ResourceEntries => {
  const entries = readResources(resources);
  refuseTest(resourceProblems(entries, resources));
  return entries as ResourceEntries; // just checked
};

/**
 * Checks how far a clock is to be moved.
 *
 * @throws TestingError
 */
export const checkAdvance = (ms: unknown): void =>
  refuseTest([numberProblem('ms', ms, { min: 0, max: MAX_DELAY_MS })]);

/**
 * Checks the options of `runTask`.
 *
 * @throws TestingError listing what is wrong.
 */
export const checkRunOptions = (options: RunTaskOptions): void => {
  refuseTest(optionProblems(options, RUN_OPTION_NAMES));
  const { appConfig, timeoutMs, clock, random } = options;
  refuseTest([
    appConfig === undefined ? undefined : configProblem(appConfig, 'testConfig({ ... })'),
    timeoutMs === undefined ? undefined : numberProblem('timeoutMs', timeoutMs, TIMER),
    clock === undefined ? undefined : functionProblem('clock.setTimer', clock?.setTimer),
    clock === undefined ? undefined : functionProblem('clock.nowMs', clock?.nowMs),
    random === undefined ? undefined : functionProblem('random', random),
  ]);
};

/**
 * Checks the options of `proveIdempotent`.
 *
 * @throws TestingError listing what is wrong.
 */
export const checkProofOptions = <Effects extends object>(options: IdempotencyOptions<Effects>): void => {
  refuseTest(optionProblems(options, PROOF_OPTION_NAMES));
  const { world, resources, patienceMs } = options;
  refuseTest([
    functionProblem('world', world),
    resources === undefined ? undefined : functionProblem('resources', resources),
    patienceMs === undefined ? undefined : patienceProblem(patienceMs),
  ]);
};

/**
 * Checks the arguments of `withLocalRedis`.
 *
 * @throws TestingError listing what is wrong.
 */
export const checkLocalRedisOptions = (test: unknown, options: LocalRedisWorldOptions): void => {
  refuseTest([functionProblem('test', test), ...optionProblems(options, LOCAL_REDIS_OPTION_NAMES)]);
  const { redisUrl, env = {} } = options;
  refuseTest([
    redisUrl === undefined || typeof redisUrl === 'string'
      ? undefined
      : `expected redisUrl to be a text, got ${showValue(redisUrl)}`,
    isRecord(env) ? undefined : `expected env to be an object, got ${showValue(env)}`,
  ]);
};

/**
 * Checks the definition that a test asks a scheduler about.
 *
 * @throws TestingError
 */
export const checkAskedTask = (task: unknown): void =>
  refuseTest([
    isRecord(task) && typeof task['queueName'] === 'string'
      ? undefined
      : `expected task to be what defineTask returns, got ${showValue(task)}`,
  ]);
