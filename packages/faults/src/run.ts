/** `make test/faults`: breaks Drover in every way the bench knows and checks that its promises hold. */
import { runTrials } from './lanes/runTrials';
import { hasPassed, type Trial } from './lanes/Trial';
import { allCases } from './plan/buildScenario';
import { prepareBench } from './prepareBench';
import { renderFaultTable, summarize } from './report/FaultTable';

const {
  trials: planned,
  laneCount,
  folder,
} = await prepareBench({
  defaultSeed: Math.floor(Math.random() * 1_000_000),
  defaultRuns: 20,
  defaultMixed: 200,
});

const startedAtMs = performance.now();
let doneCount = 0;

const tell = (trial: Trial): void => {
  doneCount += 1;
  const { caseName, seed, durationMs, report } = trial;
  const end = hasPassed(trial) ? 'ok' : 'FAILED';
  const seconds = (durationMs / 1000).toFixed(1);
  console.log(`${end} ${caseName}:${seed} (${seconds} s, ${doneCount} of ${planned.length})`);
  if (report !== '') console.log(`${report}\nagain: FAULT_SEED=${caseName}:${seed} make test/faults\n`);
};

console.log(`${planned.length} runs in ${laneCount} lanes; the first seed is ${planned[0]?.seed ?? 'none'}`);
const trials = await runTrials({
  requests: planned.map((trial) => ({ ...trial, side: 'drover', shrinks: true })),
  laneCount,
  folder,
  onTrial: tell,
});

const failed = trials.filter((trial) => !hasPassed(trial));
const names = allCases.map(({ name }) => name);
console.log(`\n${renderFaultTable(summarize(trials, names, 'drover'))}\n`);
if (failed.length > 0) {
  console.log('Failed:');
  for (const { caseName, seed } of failed) console.log(`  FAULT_SEED=${caseName}:${seed} make test/faults`);
}
console.log(`${Math.round((performance.now() - startedAtMs) / 1000)} s`);
console.log(`${trials.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length === 0 && trials.length > 0 ? 0 : 1);
