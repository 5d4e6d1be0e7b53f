import { type StepStore, type StoredStep } from '../../domain/TaskStep';

/** The finished steps of one task, which its attempts share. */
export interface MemorySteps extends StepStore {
  /** In the order in which they were finished. */
  list(): readonly StoredStep[];
}

/** Creates a store without steps. */
export const createMemorySteps = (): MemorySteps => {
  const steps = new Map<string, StoredStep>();
  return {
    load: async () => [...steps.values()],
    checkHeld: () => undefined,
    save: async (step) => {
      const kept = steps.get(step.name) ?? step;
      steps.set(kept.name, kept);
      return { kind: 'stored', step: kept };
    },
    list: () => [...steps.values()],
  };
};
