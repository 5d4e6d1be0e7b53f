import { err, ok, type Result } from 'neverthrow';
import { allCases, findCase } from './plan/buildScenario';
import { mixedCase } from './plan/mixedCase';

/** One case with one seed. */
export interface PlannedTrial {
  readonly caseName: string;
  readonly seed: number;
}

/** What a run of the bench is to do. */
export interface RunOptions {
  readonly trials: readonly PlannedTrial[];
  /** Processes that run scenarios at the same time. */
  readonly laneCount: number;
}

interface RunOptionsInput {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For a run that names no seed. */
  readonly defaultSeed: number;
  /** Runs of each fault, unless FAULT_RUNS says so. */
  readonly defaultRuns: number;
  /** Mixed scenarios, unless FAULT_MIXED says so. */
  readonly defaultMixed: number;
}

const MAX_SEED = 2 ** 31 - 1;

const DIGITS = /^\d+$/;

/**
 * Reads what is to be run from the environment. `FAULT_SEED`: `7` begins with that seed, `redis-killed:7` replays one
 * run. `FAULT_RUNS`, `FAULT_MIXED`: how many. `FAULT_ONLY`: names of cases, separated by commas. `FAULT_LANES`.
 *
 * @returns what was expected and what was got, when a variable is wrong.
 */
export const parseRunOptions = ({
  environment,
  defaultSeed,
  defaultRuns,
  defaultMixed,
}: RunOptionsInput): Result<RunOptions, string> => {
  const { FAULT_SEED, FAULT_ONLY } = environment;
  const lanes = parseCount(environment, 'FAULT_LANES', { fallback: 6, min: 1 });
  const runs = parseCount(environment, 'FAULT_RUNS', { fallback: defaultRuns, min: 0 });
  const mixed = parseCount(environment, 'FAULT_MIXED', { fallback: defaultMixed, min: 0 });
  if (lanes.isErr()) return err(lanes.error);
  if (runs.isErr()) return err(runs.error);
  if (mixed.isErr()) return err(mixed.error);
  const replay = FAULT_SEED?.includes(':') ? parseReplay(FAULT_SEED) : undefined;
  if (replay !== undefined && FAULT_ONLY) {
    return err('expected FAULT_ONLY not to be set when FAULT_SEED replays one run, got both');
  }
  if (replay !== undefined) return replay.map((trial) => ({ trials: [trial], laneCount: 1 }));
  const seed = parseSeed(FAULT_SEED, defaultSeed);
  if (seed.isErr()) return err(seed.error);
  const names = parseNames(FAULT_ONLY);
  if (names.isErr()) return err(names.error);
  const trials = names.value.flatMap((caseName) => {
    const count = caseName === mixedCase.name ? mixed.value : runs.value;
    return Array.from({ length: count }, (_, index) => ({ caseName, seed: (seed.value + index) % MAX_SEED }));
  });
  return ok({ trials, laneCount: lanes.value });
};

const parseCount = (
  environment: RunOptionsInput['environment'],
  name: string,
  { fallback, min }: { readonly fallback: number; readonly min: number },
): Result<number, string> => {
  const text = environment[name];
  if (text === undefined || text === '') return ok(fallback);
  const count = Number(text);
  if (DIGITS.test(text) && count >= min && count <= 10_000) return ok(count);
  return err(`expected ${name} to be an integer from ${min} to 10000, got ${JSON.stringify(text)}`);
};

const parseSeed = (text: string | undefined, fallback: number): Result<number, string> => {
  if (text === undefined || text === '') return ok(fallback);
  if (isSeed(text)) return ok(Number(text));
  return err(toSeedProblem(text));
};

const isSeed = (text: string): boolean => DIGITS.test(text) && Number(text) < MAX_SEED;

const parseReplay = (text: string): Result<PlannedTrial, string> => {
  const colon = text.lastIndexOf(':');
  const [caseName, seedText] = [text.slice(0, colon), text.slice(colon + 1)];
  if (!isSeed(seedText)) return err(toSeedProblem(text));
  return findCase(caseName)
    .mapErr((problem) => `FAULT_SEED: ${problem}`)
    .map(() => ({ caseName, seed: Number(seedText) }));
};

const toSeedProblem = (text: string): string =>
  `expected FAULT_SEED to be an integer from 0 to ${MAX_SEED - 1} or name:seed, got ${JSON.stringify(text)}`;

const parseNames = (text: string | undefined): Result<readonly string[], string> => {
  if (text === undefined || text === '') return ok(allCases.map(({ name }) => name));
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const unknown = names.map(findCase).find((found) => found.isErr());
  return unknown?.isErr() ? err(`FAULT_ONLY: ${unknown.error}`) : ok(names);
};
