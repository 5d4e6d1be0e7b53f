import { checkHistory } from '../check/checkHistory';
import { countExtraRuns, findLost } from '../check/taskChecks';
import { listWaits } from '../check/timeChecks';
import { type Violation } from '../check/Violation';
import { bullmq } from '../contestants/bullmq';
import { drover } from '../contestants/drover';
import { buildScenario, findCase } from '../plan/buildScenario';
import { type Scenario } from '../plan/Scenario';
import { shrinkScenario } from '../plan/shrinkScenario';
import { renderFailure } from '../report/renderFailure';
import { runScenario, type ScenarioRun } from '../world/runScenario';
import { type Trial, type TrialRequest } from './Trial';

const CONTESTANTS = { drover, bullmq } as const;

interface CheckedRun extends ScenarioRun {
  readonly violations: readonly Violation[];
}

/** Runs a case with a seed, checks it, and makes a failing scenario smaller. */
export const makeTrial = async (request: TrialRequest): Promise<Trial> => {
  const startedAtMs = performance.now();
  const faultCase = findCase(request.caseName);
  if (faultCase.isErr()) throw new Error(faultCase.error);
  const run = async (scenario: Scenario): Promise<CheckedRun> => {
    const made = await runScenario(scenario, CONTESTANTS[request.side]);
    return { ...made, violations: checkHistory(made.history) };
  };
  const first = await runInQuiet(() => run(buildScenario(faultCase.value, request.seed)));
  const smallest = first.violations.length > 0 && request.shrinks ? await shrink(first, run) : first;
  const { history, violations } = first;
  return {
    ...request,
    broken: undefined,
    violations,
    lostCount: findLost(history).length,
    extraRunCount: countExtraRuns(history),
    slowestMs: Math.round(listWaits(history)[0]?.waitedMs ?? 0),
    durationMs: Math.round(performance.now() - startedAtMs),
    report: violations.length === 0 ? '' : renderFailure(smallest),
  };
};

/** Timers of a machine that is busy with something else are later than this; milliseconds. */
const MAX_NOISE_MS = 400;

/** How often a run is made again whose machine was too busy to say whether a promise was broken. */
const MAX_REPEATS = 3;

/** A failure on a machine that stood still for a while says nothing of Drover: the same run is made again. */
const runInQuiet = async (run: () => Promise<CheckedRun>): Promise<CheckedRun> => {
  let made = await run();
  for (let repeats = 0; repeats < MAX_REPEATS && isInconclusive(made); repeats += 1) made = await run();
  return made;
};

const isInconclusive = ({ violations, history }: CheckedRun): boolean =>
  violations.length > 0 && history.bounds.noiseMs > MAX_NOISE_MS;

/** How long a failing scenario is made smaller; milliseconds. */
const SHRINK_MS = 60_000;

const shrink = async (
  first: CheckedRun,
  run: (scenario: Scenario) => Promise<CheckedRun>,
): Promise<CheckedRun> => {
  let smallest = first;
  const endsAtMs = performance.now() + SHRINK_MS;
  const fails = async (scenario: Scenario): Promise<boolean> => {
    const tried = await run(scenario);
    if (tried.violations.length > 0) smallest = tried;
    return tried.violations.length > 0;
  };
  await shrinkScenario(first.history.scenario, fails, () => performance.now() > endsAtMs);
  return smallest;
};
