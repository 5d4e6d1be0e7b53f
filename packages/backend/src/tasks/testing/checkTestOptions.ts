import { unknownFieldProblems } from '../domain/fieldProblems';
import { MAX_DELAY_MS, numberProblem, showValue } from '../domain/numberRule';
import { createTaskRegistry } from '../domain/TaskRegistry';
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

const refuse = (problems: readonly string[]): void => {
  if (problems.length > 0) throw new TestingError(problems.join('; '));
};

const nowProblems = (now: unknown): string[] =>
  now instanceof Date && !Number.isNaN(now.getTime())
    ? []
    : [`expected now to be a valid Date, got ${showValue(now)}`];

const randomProblems = (random: unknown): string[] =>
  typeof random === 'function' ? [] : [`expected random to be a function, got ${showValue(random)}`];

/**
 * Checks the options of `createTestScheduler` and fills in what was left out.
 *
 * @throws TestingError listing what is wrong; TaskRegistryError when the list of tasks is.
 */
export const checkTestSchedulerOptions = (options: TestSchedulerOptions) => {
  const { tasks, now = new Date(), random = () => 0, patienceMs = 1000, logger, resources } = options;
  refuse([
    ...unknownFieldProblems({ ...options }, OPTION_NAMES),
    ...nowProblems(now),
    ...randomProblems(random),
    ...[numberProblem('patienceMs', patienceMs, PATIENCE) ?? []].flat(),
  ]);
  if (tasks !== undefined) createTaskRegistry(tasks);
  const { appConfig = testConfig() } = options;
  return { tasks, now, random, patienceMs, logger, resources, appConfig };
};

/**
 * Checks how far a clock is to be moved.
 *
 * @throws TestingError
 */
export const checkAdvance = (ms: unknown): void =>
  refuse([numberProblem('ms', ms, { min: 0, max: MAX_DELAY_MS }) ?? []].flat());

/**
 * Checks how long a test waits in real time.
 *
 * @throws TestingError
 */
export const checkPatience = (patienceMs: unknown): void =>
  refuse([numberProblem('patienceMs', patienceMs, PATIENCE) ?? []].flat());
