import { type StepChange, type StepSave, type StepStore, type StoredStep } from '../TaskStep';

/** Steps in memory, as one task has them over its attempts. */
export interface MemoryStepStore extends StepStore {
  readonly steps: StoredStep[];
  readonly changes: StepChange[];
  loadCount: number;
  /** What asking for the task, and saving, answers from now on; undefined: nothing is in doubt. */
  isHeld: boolean | undefined;
  /** Called before a step is saved. */
  onSave: (step: StoredStep) => Promise<StepSave | undefined>;
}

/** Creates a store that has these steps, one place after the other. */
export const createMemoryStepStore = (names: readonly string[] = []): MemoryStepStore => {
  const store: MemoryStepStore = {
    steps: names.map((name, place) => ({
      name,
      place,
      endedAtMs: place,
      isResult: false,
      value: `stored ${name}`,
    })),
    changes: [],
    loadCount: 0,
    isHeld: undefined,
    onSave: async () => undefined,
    load: async () => {
      store.loadCount += 1;
      return [...store.steps];
    },
    checkHeld: () => (store.isHeld === undefined ? undefined : Promise.resolve(store.isHeld)),
    save: async (step) => {
      const answer = await store.onSave(step);
      if (answer !== undefined) return answer;
      store.steps.push(step);
      return { kind: 'stored', step };
    },
    note: (change) => void store.changes.push(change),
  };
  return store;
};
