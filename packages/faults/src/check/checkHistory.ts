import { checkCancelled } from './cancelChecks';
import { checkExpectations } from './checkExpectations';
import { type History } from './History';
import {
  checkAtRest,
  checkEffects,
  checkLedgerExpectations,
  checkNoRerun,
  checkRecorded,
} from './ledgerChecks';
import {
  checkCalm,
  checkCorrelation,
  checkKeys,
  checkReported,
  checkStop,
  checkStrayErrors,
} from './processChecks';
import { checkFailedEarly, checkLateRuns, checkOneEnd, checkRuns } from './taskChecks';
import { checkAnswered, checkEarly, checkLate } from './timeChecks';
import { type Check, type InvariantName, type Violation } from './Violation';

const CHECKS = {
  'one-end': checkOneEnd,
  runs: checkRuns,
  cancelled: checkCancelled,
  'failed-early': checkFailedEarly,
  answered: checkAnswered,
  early: checkEarly,
  late: checkLate,
  'late-run': checkLateRuns,
  'stray-error': checkStrayErrors,
  calm: checkCalm,
  keys: checkKeys,
  correlation: checkCorrelation,
  stop: checkStop,
  recorded: checkRecorded,
  'at-rest': checkAtRest,
  'no-rerun': checkNoRerun,
  effects: checkEffects,
  'as-promised': (history) => [...checkExpectations(history), ...checkLedgerExpectations(history)],
  reported: checkReported,
} as const satisfies Record<InvariantName, Check>;

/** Checks every invariant on what happened. Pure. */
export const checkHistory = (history: History): readonly Violation[] =>
  Object.values(CHECKS).flatMap((check: Check) => check(history));
