import { type StepStore } from './TaskStep';

/** Keeps nothing: for a handler that is called by hand, whose only attempt it is. */
export const emptyStepStore: StepStore = Object.freeze({
  load: async () => [],
  checkHeld: () => undefined,
  save: async (step) => ({ kind: 'stored', step }),
  note: () => undefined,
} satisfies StepStore);
