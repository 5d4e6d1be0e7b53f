import { type StepChange, type StoredStep } from './TaskStep';

/** A call of a step, 0 for the first of its attempt. */
interface StepCall {
  readonly name: string;
  readonly place: number;
}

/** Steps that earlier attempts finished. */
type Stored = readonly StoredStep[];

/**
 * Compares a call with what earlier attempts stored. Places that nobody stored are free: a step may have failed there, or
 * may not have ended when its worker died.
 */
export const decideCallChange = (stored: Stored, { name, place }: StepCall): StepChange | undefined => {
  const own = stored.find((step) => step.name === name);
  if (own !== undefined) {
    return own.place === place
      ? undefined
      : { kind: 'moved', step: name, storedPlace: own.place, calledPlace: place };
  }
  const other = stored.find((step) => step.place === place);
  return other === undefined
    ? undefined
    : { kind: 'replaced', step: name, storedStep: other.name, calledPlace: place };
};

/** Compares the calls of a handler that has completed with what earlier attempts stored. */
export const decideEndChange = (stored: Stored, calledNames: ReadonlySet<string>): StepChange | undefined => {
  const skipped = stored.find(({ name }) => !calledNames.has(name));
  return skipped === undefined
    ? undefined
    : { kind: 'skipped', step: skipped.name, storedPlace: skipped.place };
};
