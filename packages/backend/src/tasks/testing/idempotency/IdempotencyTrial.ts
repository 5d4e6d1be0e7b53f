import { settleWithin } from '@backend/deadline/settleWithin';
import { type AttemptEnd } from '../../worker/Attempt';
import { type EffectCall } from './EffectCall';
import { type EffectRun } from './EffectRun';
import { type TrialPlan } from './planTrials';
import { createTrialRuns, type RunEnd, type TrialRuns } from './TrialRuns';

/** Fakes of what a handler changes, fresh for each schedule of runs. */
export interface IdempotencyWorld<Effects extends object = object> {
  /** What the handler calls: every method, at any depth, is recorded, and may be interrupted. */
  readonly effects: Effects;
  /** The state of the fakes, as plain data: lists, objects, Maps, Sets, dates. Compared after the runs. */
  snapshot(): unknown;
}

/** What came of a trial. */
export interface TrialEnd {
  readonly calls: readonly EffectCall[];
  /** Whether the task has completed in the end. */
  readonly isCompleted: boolean;
  /** How the last run ended, in words. */
  readonly lastEnd: string;
  readonly snapshot: unknown;
}

interface TrialOptions {
  readonly plan: TrialPlan;
  readonly world: IdempotencyWorld;
  /** Runs the handler once, 1-based; must not reject. */
  run(effects: EffectRun, number: number): Promise<AttemptEnd>;
  /** Milliseconds of real time that a run may take. */
  readonly patienceMs: number;
}

/** Does one trial in a world that nothing has happened in. */
export const runTrial = async ({ plan, world, run, patienceMs }: TrialOptions): Promise<TrialEnd> => {
  const runs = createTrialRuns({ plan, run, patienceMs });
  const end = await followPlan(plan, runs);
  const { calls, lastEnd } = runs;
  return {
    calls,
    isCompleted: end === 'completed',
    lastEnd: lastEnd(),
    snapshot: await world.snapshot(),
  };
};

const followPlan = async (plan: TrialPlan, runs: TrialRuns): Promise<RunEnd> => {
  switch (plan.kind) {
    case 'once':
      return runUntilOver(runs);
    case 'twice': {
      const end = await runUntilOver(runs);
      return end === 'completed' ? runUntilOver(runs) : end;
    }
    case 'at-the-same-time':
      return runBoth(plan, runs);
  }
};

/** Runs after which a task that has not completed is given up. */
const MAX_RUNS = 10;

const runUntilOver = async ({ begin, settle }: TrialRuns): Promise<RunEnd> => {
  let end: RunEnd = 'may-run-again';
  for (let count = 0; count < MAX_RUNS && end === 'may-run-again'; count += 1) end = await settle(begin());
  return end;
};

/** How long one run is waited for that may wait for the other; milliseconds of real time. */
const BLOCKED_MS = 50;

/** The run that is held up may be a later attempt: those before it end first. */
const runBoth = async ({ interruption }: TrialPlan, runs: TrialRuns): Promise<RunEnd> => {
  const { begin, settle, standStill } = runs;
  for (let number = 1; number < (interruption?.run ?? 1); number += 1) await settle(begin());
  const one = begin();
  if (interruption !== undefined) await standStill(one);
  const other = begin();
  // The other may wait for what this one holds, such as a lock of the world.
  if (interruption !== undefined) await settleWithin(other.ended, BLOCKED_MS);
  one.effects.goOn();
  // Whoever has lost the lock of a task is not heard: the end of the later run is the task's.
  await settle(one);
  const end = await settle(other);
  return end === 'may-run-again' ? runUntilOver(runs) : end;
};
