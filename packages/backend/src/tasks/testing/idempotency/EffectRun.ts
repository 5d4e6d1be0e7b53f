import { type EffectCall, type Interruption, LostAnswerError, MARKS } from './EffectCall';

/** What the runs of one schedule do to the world, in the order in which they do it. */
export interface EffectTrace {
  readonly calls: EffectCall[];
  /** What is done to a call; nothing to most. */
  interruptionOf(call: EffectCall): Interruption | undefined;
}

/** One run of a handler, as far as its effects go. */
export interface EffectRun {
  /** Makes a call, unless the run is dead or its time has not come. */
  call(name: string, args: readonly unknown[], act: () => unknown): unknown;
  /** Resolves when the run has died. */
  readonly died: Promise<void>;
  /** Resolves when the run stands still. */
  readonly waits: Promise<void>;
  /** Lets a run go on that stands still. */
  goOn(): void;
}

const never = (): Promise<never> => new Promise(() => undefined);

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/** Creates a run, 1-based. */
export const createEffectRun = (run: number, trace: EffectTrace): EffectRun => {
  const died = Promise.withResolvers<void>();
  const waits = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let isDead = false;

  const die = (): void => {
    isDead = true;
    died.resolve();
  };

  const standStill = (): Promise<void> => {
    waits.resolve();
    return gate.promise;
  };

  const note = (name: string, args: readonly unknown[]): EffectCall => {
    const call: EffectCall = {
      run,
      place: trace.calls.length + 1,
      name,
      args,
      isAsync: undefined,
      mark: undefined,
    };
    trace.calls.push(call);
    return call;
  };

  /** What the caller gets of an effect that has been begun. */
  const answer = (returned: unknown, name: string, interruption: Interruption | undefined): unknown => {
    const lose = (): never => {
      throw new LostAnswerError(name);
    };
    switch (interruption) {
      case 'die-after':
        if (!isThenable(returned)) die();
        else returned.then(die, die);
        return never();
      case 'lose-answer':
        return isThenable(returned) ? returned.then(lose) : lose();
      case 'wait-after':
        return isThenable(returned)
          ? returned.then(async (value) => {
              await standStill();
              return value;
            })
          : returned;
      default:
        return returned;
    }
  };

  return {
    call: (name, args, act) => {
      // A dead process does nothing: whatever of its code still runs here has no effect.
      if (isDead) return never();
      const call = note(name, args);
      const interruption = trace.interruptionOf(call);
      if (interruption !== undefined) call.mark = MARKS[interruption];
      if (interruption === 'die-before') {
        die();
        return never();
      }
      if (interruption === 'wait-before') return standStill().then(act);
      const returned = act();
      call.isAsync = isThenable(returned);
      return answer(returned, name, interruption);
    },
    died: died.promise,
    waits: waits.promise,
    goOn: () => gate.resolve(),
  };
};
