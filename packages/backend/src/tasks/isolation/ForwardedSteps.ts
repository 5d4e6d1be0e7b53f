import { type StepChange, type StepSave, type StepStore, type StoredStep } from '../domain/TaskStep';

/** How the process of an attempt reaches its worker. */
interface StepLink {
  ask(args: readonly unknown[]): Promise<unknown>;
  tell(args: readonly unknown[]): void;
}

/**
 * The store of an isolated attempt's steps: the work is done in the process, the worker loads and stores. What goes to and
 * fro is JSON; `answerStepStore` is the other end.
 */
export const createForwardedStepStore = ({ ask, tell }: StepLink): StepStore => ({
  load: async () => (await ask(['load'])) as readonly StoredStep[], // what answerStepStore answers
  checkHeld: async () => (await ask(['checkHeld'])) === true,
  save: async (step) => (await ask(['save', step])) as StepSave, // what answerStepStore answers
  note: (change) => tell(['note', change]),
});

/** Does in the worker what the process of an attempt asks of the store of its steps. */
export const answerStepStore = (
  store: StepStore,
  signal: AbortSignal,
  [method, given]: readonly unknown[],
): unknown => {
  switch (method) {
    case 'load':
      return store.load(signal);
    case 'checkHeld':
      return store.checkHeld(signal) ?? true;
    case 'save':
      return store.save(given as StoredStep, signal); // sent by the other end
    case 'note':
      return store.note(given as StepChange); // sent by the other end
    default:
      throw new Error(`an isolated attempt asked its steps for ${String(method)}, which they do not do`);
  }
};
