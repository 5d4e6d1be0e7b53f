import { v5 } from 'uuid';
import { showValue } from './numberRule';
import { TaskError } from './TaskError';

/** What a step's work is given. */
export interface StepTools {
  /**
   * A UUID that stands for this step of this task, the same in every attempt and in retries that keep the steps: hand it to
   * a provider that takes an idempotency key.
   */
  readonly idempotencyKey: string;
}

/** What a step does. It may answer a `Result`: then `ok` is stored, and `err` is answered and not stored. */
export type StepWork<T> = (tools: StepTools) => T | PromiseLike<T>;

/** A finished step, as it is kept with its task. */
export interface StoredStep {
  readonly name: string;
  /** When it was called among the steps of its attempt: 0 for the first. */
  readonly place: number;
  /** Milliseconds since 1970. */
  readonly endedAtMs: number;
  /** Whether its work answered a `Result`: `ok` with the value. */
  readonly isResult: boolean;
  /** A copy as JSON of what its work answered; `undefined` for nothing. */
  readonly value: unknown;
}

/** How the steps that an attempt calls differ from those that were stored before it. */
export type StepChange =
  /** A stored step is called at another place. */
  | {
      readonly kind: 'moved';
      readonly step: string;
      readonly storedPlace: number;
      readonly calledPlace: number;
    }
  /** A step that was never finished is called where another one was stored. */
  | {
      readonly kind: 'replaced';
      readonly step: string;
      readonly storedStep: string;
      readonly calledPlace: number;
    }
  /** The handler has completed without calling a stored step. */
  | { readonly kind: 'skipped'; readonly step: string; readonly storedPlace: number };

/** Whether Redis has a step: only the delivery that holds the task may store one. */
export type StepSave = { readonly kind: 'stored'; readonly step: StoredStep } | { readonly kind: 'lost' };

/**
 * Keeps the finished steps of one task, for one delivery of it. Each method goes on until it has its answer, and rejects
 * when the signal is aborted before.
 */
export interface StepStore {
  /** The finished steps. Costs nothing for a task that was never delivered before. */
  load(signal: AbortSignal): Promise<readonly StoredStep[]>;
  /** Nothing while it is certain that the task is this delivery's, else whether it is. */
  checkHeld(signal: AbortSignal): Promise<boolean> | undefined;
  /** Stores a finished step; answers the one that was stored before, if there is one of this name. */
  save(step: StoredStep, signal: AbortSignal): Promise<StepSave>;
  /** Keeps with the task that its steps have changed, if Redis takes it at once; nobody waits for it. */
  note(change: StepChange): void;
}

/** Steps that a task may have. */
export const MAX_STEPS = 1000;

/** Characters of the longest name of a step. */
export const MAX_STEP_NAME_LENGTH = 200;

const isStepName = (name: unknown): name is string =>
  typeof name === 'string' && name !== '' && name.length <= MAX_STEP_NAME_LENGTH && name.isWellFormed();

const refusal = (message: string): TaskError => TaskError.fatal(message);

/** Says what is wrong with the arguments of a call of `step`, or `undefined`. */
export const stepCallProblem = (name: unknown, work: unknown): TaskError | undefined => {
  if (!isStepName(name)) {
    const rule = `a well-formed text of 1 to ${MAX_STEP_NAME_LENGTH} characters`;
    return refusal(`expected the name of a step to be ${rule}, got ${showValue(name)}`);
  }
  if (typeof work === 'function') return undefined;
  return refusal(`expected the work of the step ${showValue(name)} to be a function, got ${showValue(work)}`);
};

/** A name that is called while the step of that name runs. */
export const toRunningTwice = (name: string): TaskError =>
  refusal(`expected one call of the step ${showValue(name)} at a time, got another while it runs`);

/** A name that is called again after its step has ended. */
export const toCalledTwice = (name: string): TaskError =>
  refusal(
    `expected the name of a step to be unique in its attempt, got ${showValue(name)} twice; in a loop, put what differs into the name`,
  );

/** A step that is called by another one's work. */
export const toNested = (name: string, outer: string): TaskError =>
  refusal(`expected the step ${showValue(name)} outside of another step, got it inside ${showValue(outer)}`);

/** One step more than a task may have. */
export const toTooMany = (name: string): TaskError =>
  refusal(`expected at most ${MAX_STEPS} steps in a task, got ${showValue(name)} as one more`);

/** What a step's work answered cannot be stored; the work is done. */
export const toUnstorable = (name: string, problem: string): TaskError =>
  refusal(`the result of the step ${showValue(name)} cannot be stored: ${problem}`);

/** A call after the handler has ended, when nobody waits for the step any more. */
export const toLateCall = (name: string): TaskError =>
  refusal(`expected the step ${showValue(name)} while its handler runs, got it after the handler's end`);

/** The task is another worker's: what is done here is not stored. */
export const toLostTask = (name: string): TaskError =>
  new TaskError(
    `another worker has taken the task of the step ${showValue(name)}`,
    { step: name },
    { code: 'crashed' },
  );

/** The namespace of the idempotency keys of steps (RFC 9562, version 5). */
const STEPS = 'c2b0a4f4-54f5-4f0a-9d52-6f3e1b7d8c55';

/** Whose the steps are: their idempotency keys are made of it. */
export interface StepOwner {
  readonly taskName: string;
  /** The task, or the first of its retries. */
  readonly taskId: string;
}

/** Makes the idempotency key of a step. No name of a task has a space, nor has an id. */
export const toStepKey = ({ taskName, taskId }: StepOwner, name: string): string =>
  v5(`${taskName} ${taskId} ${name}`, STEPS);
