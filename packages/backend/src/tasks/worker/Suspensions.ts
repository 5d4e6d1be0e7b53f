import { type Suspension } from '../queue/QueueSlots';

/** The tasks of a worker that have begun and hold no slot: they wait for others. */
export interface Suspensions {
  /** A task has given its slot away. `onOver` is called when it has one again, or needs none any more. */
  begin(onOver: () => void): Omit<Suspension, 'alsoAwait'>;
  /** Offers a slot that got free; false when no suspended task wants one. */
  offer(): boolean;
  /** Whether a suspended task wants a slot. */
  isWanted(): boolean;
  /** Tasks that are suspended now. */
  count(): number;
}

/**
 * Creates the collection of suspended tasks; empty. Who wants a slot back gets the next one that is free, before any task
 * that has not begun: a worker finishes what it has.
 *
 * @param takeSlot Takes a slot that is free now; false when none is.
 */
export const createSuspensions = (takeSlot: () => boolean): Suspensions => {
  let count = 0;
  const wanting = new Set<() => void>();
  const begin: Suspensions['begin'] = (onOver) => {
    count += 1;
    let isOver = false;
    let answer: PromiseWithResolvers<void> | undefined;
    const settle = (): void => {
      isOver = true;
      count -= 1;
      wanting.delete(settle);
      onOver();
      answer?.resolve();
    };
    return {
      regain: () => {
        if (isOver) return Promise.resolve();
        answer ??= Promise.withResolvers<void>();
        if (takeSlot()) settle();
        else wanting.add(settle);
        return answer.promise;
      },
      end: () => {
        if (isOver) return false;
        settle();
        return true;
      },
    };
  };
  return {
    begin,
    offer: () => {
      const [settle] = wanting;
      settle?.();
      return settle !== undefined;
    },
    isWanted: () => wanting.size > 0,
    count: () => count,
  };
};
