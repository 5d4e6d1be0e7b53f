/** `make faults/compare`: the same faults for Drover and for plain BullMQ, and the two tables side by side. */
import { type Side } from './contestants/Contestant';
import { runTrials } from './lanes/runTrials';
import { type Trial } from './lanes/Trial';
import { allCases, buildScenario, findCase } from './plan/buildScenario';
import { prepareBench } from './prepareBench';
import { renderComparison, summarize } from './report/FaultTable';

const SIDES: readonly Side[] = ['drover', 'bullmq'];

const {
  trials: planned,
  laneCount,
  folder,
} = await prepareBench({
  defaultSeed: 1,
  defaultRuns: 5,
  defaultMixed: 20,
});

/** Plain BullMQ has no ledger to be compared with. */
const compared = planned.filter(({ caseName, seed }) =>
  findCase(caseName).match(
    (faultCase) => buildScenario(faultCase, seed).ledger === undefined,
    () => false,
  ),
);
const requests = compared.flatMap((trial) => SIDES.map((side) => ({ ...trial, side, shrinks: false })));
let doneCount = 0;
const tell = ({ side, caseName, seed, violations }: Trial): void => {
  doneCount += 1;
  const broken = [...new Set(violations.map(({ invariant }) => invariant))];
  const end = broken.length === 0 ? 'held' : `broke ${broken.join(', ')}`;
  console.log(`${doneCount} of ${requests.length}: ${side} ${caseName}:${seed} ${end}`);
};
const trials = await runTrials({ requests, laneCount, folder, onTrial: tell });
const names = allCases.map(({ name }) => name);
const [drover = [], bullmq = []] = SIDES.map((side) => summarize(trials, names, side));
console.log(`\n${renderComparison(drover, bullmq)}`);
