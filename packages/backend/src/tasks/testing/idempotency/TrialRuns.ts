import { settleWithin } from '@backend/deadline/settleWithin';
import { type AttemptEnd } from '../../worker/Attempt';
import { TestingError } from '../TestingError';
import { type EffectCall } from './EffectCall';
import { createEffectRun, type EffectRun } from './EffectRun';
import { type TrialPlan } from './planTrials';

/** What becomes of the task after a run: it has completed, it may run again, or a worker would not run it again. */
export type RunEnd = 'completed' | 'may-run-again' | 'over';

/** One run of a trial. */
export interface TrialRun {
  readonly effects: EffectRun;
  readonly ended: Promise<AttemptEnd>;
}

/** The runs of one trial. */
export interface TrialRuns {
  /** What they have done so far. */
  readonly calls: readonly EffectCall[];
  /** Begins the next one. */
  begin(): TrialRun;
  /** Waits until a run stands still, or has ended. @throws TestingError when it does neither in time. */
  standStill(run: TrialRun): Promise<void>;
  /** Waits for the end of a run, or its death. @throws TestingError when it does not end in time. */
  settle(run: TrialRun): Promise<RunEnd>;
  /** How the run that was settled last has ended, in words. */
  lastEnd(): string;
}

interface TrialRunsOptions {
  readonly plan: TrialPlan;
  /** Runs the handler once, 1-based; must not reject. */
  run(effects: EffectRun, number: number): Promise<AttemptEnd>;
  /** Milliseconds of real time that a run may take. */
  readonly patienceMs: number;
}

/** Creates the runs of a trial, none of which has begun. */
export const createTrialRuns = ({ plan, run, patienceMs }: TrialRunsOptions): TrialRuns => {
  const { interruption } = plan;
  const calls: EffectCall[] = [];
  let runCount = 0;
  let lastEnd = 'it was not run';
  const interruptionOf = (call: EffectCall) =>
    call.place === interruption?.place && call.run === interruption.run ? interruption.kind : undefined;

  const inTime = async <T>(promise: Promise<T>): Promise<T> => {
    const settled = await settleWithin(promise, patienceMs);
    if (settled.isErr()) throw toHanging(plan, patienceMs);
    return settled.value;
  };

  return {
    calls,
    begin: () => {
      runCount += 1;
      const effects = createEffectRun(runCount, { calls, interruptionOf });
      return { effects, ended: run(effects, runCount) };
    },
    standStill: async ({ effects, ended }) => {
      await inTime(Promise.race([effects.waits, ended]));
    },
    settle: async ({ effects, ended }) => {
      const end = await inTime(Promise.race([ended, effects.died]));
      if (end === undefined) return 'may-run-again';
      lastEnd = describeEnd(end);
      return toRunEnd(end);
    },
    lastEnd: () => lastEnd,
  };
};

const toHanging = ({ schedule }: TrialPlan, patienceMs: number): TestingError =>
  new TestingError(
    `expected the handler to end within ${patienceMs} ms of real time, got one that goes on (${schedule}); the fakes of its world should answer at once`,
  );

const describeEnd = ({ outcome }: AttemptEnd): string =>
  outcome.kind === 'completed' ? 'completed' : `${outcome.kind}: ${outcome.error.message}`;

/** A task without attempts left may run again, as its dead letter does by hand: how many it has is not what is tried. */
const toRunEnd = ({ outcome }: AttemptEnd): RunEnd => {
  switch (outcome.kind) {
    case 'completed':
      return 'completed';
    case 'retry':
    case 'snoozed':
    case 'released':
      return 'may-run-again';
    case 'cancelled':
      return 'over';
    case 'failed':
      return outcome.reason === 'exhausted' || outcome.reason === 'timeout' ? 'may-run-again' : 'over';
  }
};
