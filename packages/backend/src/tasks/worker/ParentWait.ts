import { type TaskSlot } from '../queue/JobSlots';
import { toStopping } from './GivenBack';
import { type RunControls } from './HandlerRun';

/** The times in which a handler only waits for other tasks. They may overlap. */
export interface ParentWait {
  /** The handler begins to wait for tasks of these names: it needs no slot, and its time stands still. */
  enter(awaitedNames: readonly string[]): void;
  /** The handler waits no longer. Resolves when it may go on: at once while it waits for something else too. */
  leave(): Promise<void>;
}

interface ParentWaitOptions {
  readonly slot: TaskSlot;
  readonly controls: Pick<RunControls, 'clock' | 'interrupt'>;
  /** Aborted when the worker begins to stop: who waits then is given back at once. */
  readonly draining: AbortSignal;
}

/**
 * Creates the waits of one attempt. A handler that waits for two things and has got one goes on without a slot: with one,
 * it would hold the slot that the other needs.
 */
export const createParentWait = ({ slot, controls, draining }: ParentWaitOptions): ParentWait => {
  let waitCount = 0;
  /** What is waited for since there was no wait. */
  let names: readonly string[] = [];
  const interrupt = (): void => controls.interrupt(toStopping());
  const begin = (): void => {
    controls.clock.stand();
    if (draining.aborted) interrupt();
    else draining.addEventListener('abort', interrupt);
  };
  return {
    enter: (awaitedNames) => {
      names = [...new Set([...(waitCount === 0 ? [] : names), ...awaitedNames])];
      waitCount += 1;
      slot.suspend(awaitedNames);
      if (waitCount === 1) begin();
    },
    leave: async () => {
      waitCount -= 1;
      if (waitCount > 0) return;
      draining.removeEventListener('abort', interrupt);
      await slot.resume();
      // The handler may have begun another wait meanwhile.
      if (waitCount === 0) controls.clock.go();
      else slot.suspend(names);
    },
  };
};
