import { settleWithin } from '../../queue/settleWithin';
import { type AttemptEnd } from '../../worker/Attempt';
import { TestingError } from '../TestingError';
import { type EffectCall, type Interruption } from './EffectCall';
import { createEffectRun, type EffectRun } from './EffectRun';

/** Fakes of what a handler changes, fresh for each schedule of runs. */
export interface IdempotencyWorld<Effects extends object = object> {
  /** What the handler calls: every method, at any depth, is recorded, and may be interrupted. */
  readonly effects: Effects;
  /** The state of the fakes, as plain data: lists, objects, Maps, Sets, dates. Compared after the runs. */
  snapshot(): unknown;
}

/** How the runs of one trial follow each other. */
export interface TrialPlan {
  /** In words, for the report. */
  readonly schedule: string;
  readonly kind: 'once' | 'twice' | 'at-the-same-time';
  /** The call that is interrupted; nothing: none. */
  readonly interruption?: { readonly place: number; readonly kind: Interruption };
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

/** Runs after which a task that has not completed is given up. */
const MAX_RUNS = 10;

/** How long one run is waited for that may wait for the other; milliseconds of real time. */
const BLOCKED_MS = 50;

interface Run {
  readonly effects: EffectRun;
  readonly ended: Promise<AttemptEnd>;
}

const describeEnd = ({ outcome }: AttemptEnd): string =>
  outcome.kind === 'completed' ? 'completed' : `${outcome.kind}: ${outcome.error.message}`;

/** Does one trial in a world that nothing has happened in. */
export const runTrial = async ({ plan, world, run, patienceMs }: TrialOptions): Promise<TrialEnd> => {
  const calls: EffectCall[] = [];
  let runCount = 0;
  let lastEnd = 'it was not run';

  const begin = (): Run => {
    runCount += 1;
    const interruptionOf = ({ place }: EffectCall): Interruption | undefined =>
      place === plan.interruption?.place ? plan.interruption.kind : undefined;
    const effects = createEffectRun(runCount, { calls, interruptionOf });
    return { effects, ended: run(effects, runCount) };
  };

  /** Whether the run completed the task. */
  const settle = async ({ effects, ended }: Run): Promise<boolean> => {
    const first = await settleWithin(Promise.race([ended, effects.died]), patienceMs);
    if (first.isErr()) throw toHanging(plan, patienceMs);
    if (first.value === undefined) return false;
    lastEnd = describeEnd(first.value);
    return first.value.outcome.kind === 'completed';
  };

  const runUntilCompleted = async (): Promise<boolean> => {
    for (let count = 0; count < MAX_RUNS; count += 1) if (await settle(begin())) return true;
    return false;
  };

  const runBoth = async (): Promise<boolean> => {
    const one = begin();
    if (plan.interruption !== undefined) await Promise.race([one.effects.waits, one.ended]);
    const other = begin();
    // The other may wait for what this one holds, such as a lock of the world.
    if (plan.interruption !== undefined) await settleWithin(other.ended, BLOCKED_MS);
    one.effects.goOn();
    const completed = [await settle(one), await settle(other)];
    return completed.includes(true) || runUntilCompleted();
  };

  const runAll = async (): Promise<boolean> => {
    switch (plan.kind) {
      case 'once':
        return runUntilCompleted();
      case 'twice':
        return (await runUntilCompleted()) && runUntilCompleted();
      case 'at-the-same-time':
        return runBoth();
    }
  };

  const isCompleted = await runAll();
  return { calls, isCompleted, lastEnd, snapshot: await world.snapshot() };
};

const toHanging = ({ schedule }: TrialPlan, patienceMs: number): TestingError =>
  new TestingError(
    `expected the handler to end within ${patienceMs} ms of real time, got one that goes on (${schedule}); the fakes of its world should answer at once`,
  );
