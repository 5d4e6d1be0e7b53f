import { type StepChange, type StepStore, type StoredStep } from '../../domain/TaskStep';
import { parseStepField, toStepField } from '../../queue/StepFields';

/** The finished steps of one task, which its attempts share. */
export interface MemorySteps extends StepStore {
  /** In the order in which they were finished. */
  list(): readonly StoredStep[];
  /** How they have changed between attempts, if they have: what was noted last. */
  change(): StepChange | undefined;
}

/** Creates a store without steps. It keeps them as text, as Redis does: what a handler does to a result changes none. */
export const createMemorySteps = (): MemorySteps => {
  const fields = new Map<string, string>();
  let noted: StepChange | undefined;
  const list = (): readonly StoredStep[] => [...fields].map(([name, field]) => parseStepField(name, field));
  return {
    load: async () => list(),
    checkHeld: () => undefined,
    save: async (step) => {
      const field = fields.get(step.name) ?? toStepField(step);
      fields.set(step.name, field);
      return { kind: 'stored', step: parseStepField(step.name, field) };
    },
    note: (change) => {
      noted = change;
    },
    list,
    change: () => noted,
  };
};
