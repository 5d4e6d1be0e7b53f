import { type StepChange, type StepStore, type StoredStep } from '../../domain/TaskStep';

/** The finished steps of one task, which its attempts share. */
export interface MemorySteps extends StepStore {
  /** In the order in which they were finished. */
  list(): readonly StoredStep[];
  /** How they have changed between attempts, if they have: what was noted last. */
  change(): StepChange | undefined;
}

/** Creates a store without steps. */
export const createMemorySteps = (): MemorySteps => {
  const steps = new Map<string, StoredStep>();
  let noted: StepChange | undefined;
  return {
    load: async () => [...steps.values()],
    checkHeld: () => undefined,
    save: async (step) => {
      const kept = steps.get(step.name) ?? step;
      steps.set(kept.name, kept);
      return { kind: 'stored', step: kept };
    },
    note: (change) => {
      noted = change;
    },
    list: () => [...steps.values()],
    change: () => noted,
  };
};
