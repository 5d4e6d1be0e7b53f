import { configProblem } from '@backend/config/configProblem';
import { loggerProblem } from '@backend/logger/loggerProblem';
import { silentLogger } from '@backend/logger/silentLogger';
import { describeValue } from '@core/validation/describeValue';
import { unknownFieldProblems } from '../domain/fieldProblems';
import { MAX_DELAY_MS, numberProblem, showValue } from '../domain/numberRule';
import { type ResourceToken, tokenListProblems } from '../domain/ResourceToken';
import { createTaskRegistry } from '../domain/TaskRegistry';
import { type ResourceValues } from './memory/testEnvironment';
import { TestingError } from './TestingError';
import { type TestSchedulerOptions } from './TestScheduler';
import { testConfig } from './testConfig';

const OPTION_NAMES: readonly string[] = [
  'tasks',
  'now',
  'appConfig',
  'logger',
  'resources',
  'random',
  'patienceMs',
] satisfies (keyof TestSchedulerOptions)[];

const PATIENCE = { min: 1, max: 60_000 };

const refuse = (problems: readonly (string | undefined)[]): void => {
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new TestingError(found.join('; '));
};

const patienceProblem = (patienceMs: unknown): string | undefined =>
  numberProblem('patienceMs', patienceMs, PATIENCE);

const nowProblem = (now: unknown): string | undefined =>
  now instanceof Date && !Number.isNaN(now.getTime())
    ? undefined
    : `expected now to be a valid Date, got ${showValue(now)}`;

const randomProblem = (random: unknown): string | undefined =>
  typeof random === 'function' ? undefined : `expected random to be a function, got ${showValue(random)}`;

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
  const { tasks, now = new Date(), random = () => 0, patienceMs = 1000 } = options;
  const { appConfig = testConfig(), logger = silentLogger, resources = [] } = options;
  const entries = readResources(resources);
  refuse([
    ...unknownFieldProblems({ ...options }, OPTION_NAMES),
    nowProblem(now),
    randomProblem(random),
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
  refuse(resourceProblems(entries, resources));
  return entries as ResourceEntries; // just checked
};

/**
 * Checks how far a clock is to be moved.
 *
 * @throws TestingError
 */
export const checkAdvance = (ms: unknown): void =>
  refuse([numberProblem('ms', ms, { min: 0, max: MAX_DELAY_MS })]);

/**
 * Checks how long a test waits in real time.
 *
 * @throws TestingError
 */
export const checkPatience = (patienceMs: unknown): void => refuse([patienceProblem(patienceMs)]);
