/** One call of an effect, as it was recorded. */
export interface EffectCall {
  /** The run that made it, 1-based. */
  readonly run: number;
  /** Its number in the whole schedule, 1-based. */
  readonly place: number;
  /** Such as `bank.charge`. */
  readonly name: string;
  readonly args: readonly unknown[];
  /** Whether it answered with a promise; `undefined` while it has not been made. */
  isAsync: boolean | undefined;
  /** What was done to it, in words. */
  mark: string | undefined;
}

/** What is done to a call. */
export type Interruption =
  /** The worker dies: nothing of the run goes on. */
  | 'die-before'
  | 'die-after'
  /** It has happened, and its caller gets an error. */
  | 'lose-answer'
  /** The run stands still until the other one has ended, or has been silent for a moment. */
  | 'wait-before'
  | 'wait-after';

/** What the marks say, in the order of `Interruption`. */
export const MARKS = {
  'die-before': 'the worker dies before it happens',
  'die-after': 'it happens, then the worker dies',
  'lose-answer': 'it happens, and its answer is lost',
  'wait-before': 'before it happens, this run stands still until the other one has ended',
  'wait-after': 'it happens, then this run stands still until the other one has ended',
} as const satisfies Record<Interruption, string>;

/** What a handler gets for an effect that has happened and could not say so. */
export class LostAnswerError extends Error {
  override readonly name = 'LostAnswerError';

  constructor(effect: string) {
    super(`the answer of ${effect} was lost on its way`);
  }
}
