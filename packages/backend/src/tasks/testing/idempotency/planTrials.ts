import { type EffectCall, type Interruption, MARKS } from './EffectCall';

/** How the runs of one trial follow each other. */
export interface TrialPlan {
  /** In words, for the report. */
  readonly schedule: string;
  readonly kind: 'once' | 'twice' | 'at-the-same-time';
  /** The call that is interrupted, or held up while the next run goes on; nothing: none. */
  readonly interruption?: Pick<EffectCall, 'run' | 'place'> & { readonly kind: Interruption };
}

const INTERRUPTED = ['die-before', 'die-after', 'lose-answer'] as const satisfies readonly Interruption[];

const HELD_UP = ['wait-before', 'wait-after'] as const satisfies readonly Interruption[];

const toInterrupted = ({ run, place, name }: EffectCall, kind: Interruption): TrialPlan => ({
  schedule: `run again after an interruption at ${name} (${MARKS[kind]})`,
  kind: 'once',
  interruption: { run, place, kind },
});

const toHeldUp = ({ run, place, name }: EffectCall, kind: Interruption): TrialPlan => ({
  schedule: `run twice at the same time, one run held up at ${name}`,
  kind: 'at-the-same-time',
  interruption: { run, place, kind },
});

/** Lists what is tried, the simplest first, for a handler whose undisturbed run makes these calls. Pure. */
export const planTrials = (calls: readonly EffectCall[]): readonly TrialPlan[] => [
  { schedule: 'run twice in a row', kind: 'twice' },
  ...calls.flatMap((call) => INTERRUPTED.map((kind) => toInterrupted(call, kind))),
  { schedule: 'run twice at the same time', kind: 'at-the-same-time' },
  // A call that answers at once cannot be held up: nothing comes between.
  ...calls
    .filter(({ isAsync }) => isAsync === true)
    .flatMap((call) => HELD_UP.map((kind) => toHeldUp(call, kind))),
];
