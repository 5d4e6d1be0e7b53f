import { AsyncLocalStorage } from 'node:async_hooks';
import { settleWithin } from '@backend/deadline/settleWithin';
import { type TaskSlot } from '../../queue/JobSlots';
import { createSuspensions, type Suspensions } from '../../worker/Suspensions';

/** The one slot of the testing kit's worker. */
export interface MemorySlot {
  /** Runs work in the slot until that has ended or lets go of it. */
  take(work: (slot: TaskSlot) => Promise<void>): void;
  /** Gives the slot to the one that has let go of it and waits longest. False when nobody waits. */
  giveBack(): boolean;
  /** Waits until the slot is free; false when its holder goes on for longer than the patience. */
  whenFree(): Promise<boolean>;
  isFree(): boolean;
  /** Whether the code that asks is called by work that runs in the slot, or did. */
  isInside(): boolean;
  /** The clock has moved: who waited for that goes on, and gets new patience. */
  wake(): void;
}

interface Holder {
  freed: PromiseWithResolvers<void>;
}

// Not state of the module: each value lives as long as the work it belongs to.
const inside = new AsyncLocalStorage<MemorySlot>();

/**
 * Creates a free slot.
 *
 * @param patienceMs Milliseconds of real time that a holder may take before it counts as waiting for the clock.
 */
export const createMemorySlot = (patienceMs: number): MemorySlot => {
  // A slot that is free is given back by the timeline alone, in a turn of its own.
  const suspensions = createSuspensions(() => false);
  let holder: Holder | undefined;
  let isPatient = true;

  const free = (leaving: Holder): void => {
    if (holder !== leaving) return;
    holder = undefined;
    leaving.freed.resolve();
  };

  const slot: MemorySlot = {
    take: (work) => {
      const taking: Holder = { freed: Promise.withResolvers<void>() };
      holder = taking;
      isPatient = true;
      let suspension: ReturnType<Suspensions['begin']> | undefined;
      let isOver = false;
      const hold = (): void => {
        suspension = undefined;
        if (isOver) return;
        taking.freed = Promise.withResolvers<void>();
        holder = taking;
      };
      const end = (): void => {
        isOver = true;
        suspension?.end();
        free(taking);
      };
      const taken: TaskSlot = {
        suspend: () => {
          if (isOver || suspension !== undefined) return;
          suspension = suspensions.begin(hold);
          free(taking);
        },
        resume: async () => suspension?.regain(),
      };
      void inside.run(slot, () => work(taken)).finally(end);
    },
    giveBack: () => {
      isPatient = true;
      return suspensions.offer();
    },
    whenFree: async () => {
      while (holder !== undefined && isPatient) {
        isPatient = false; // unless `wake` comes meanwhile
        if ((await settleWithin(holder.freed.promise, patienceMs)).isOk()) isPatient = true;
      }
      return holder === undefined;
    },
    isFree: () => holder === undefined,
    isInside: () => inside.getStore() === slot,
    wake: () => {
      isPatient = true;
    },
  };
  return slot;
};
